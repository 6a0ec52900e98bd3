"""What all tests share: the user's own folders are never touched."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data lie in a temporary folder; one for the whole run, so that the passage index is built once."""
    data = tmp_path_factory.getbasetemp() / "resus-doc-data"
    monkeypatch.setenv("RESUS_DOC_DATA", str(data))
    monkeypatch.setenv("RESUS_DOC_CONFIG", str(tmp_path_factory.getbasetemp() / "config.toml"))


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parent.parent
