"""What the doctor says when everything is there, and when something is not."""

import re
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.tools import doctor


def checks_of(**changes):
    return {check.name: check for check in doctor.examine(settings.load(**changes))}


def test_a_whole_installation_lacks_nothing_needed():
    checks = checks_of()
    assert not [check for check in checks.values() if check.state == "missing"]
    assert "not patients" in checks["activity detector"].finding


def test_a_configuration_file_that_is_not_there_is_said_to_be_so(tmp_path, monkeypatch):
    monkeypatch.setenv("RESUS_DOC_CONFIG", str(tmp_path / "config.toml"))
    assert checks_of(llm="none")["configuration file"].finding.endswith("config.toml (not there; defaults hold)")
    (tmp_path / "config.toml").write_text("seed = 1")
    assert checks_of(llm="none")["configuration file"].finding.endswith("config.toml")


def test_every_lack_has_a_cost_and_a_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(doctor._PACKAGES, "no-such-package", "nothing works")
    checks = checks_of(
        detector=tmp_path / "nowhere", llm=str(tmp_path / "broken.gguf"), data=tmp_path / "file" / "data"
    )
    lacking = {name for name, check in checks.items() if check.state == "missing"}
    assert lacking == {"activity detector", "language model", "data folder", "no-such-package"}
    for name in lacking:
        assert checks[name].cost and checks[name].remedy, name
    assert checks["activity detector"].needed and not checks["language model"].needed


@pytest.mark.parametrize("llm", ["none"])
def test_template_sentences_only_is_a_choice_and_no_lack(llm):
    assert checks_of(llm=llm)["language model"].state == "optional"


def test_a_missing_package_is_mended_by_commands_that_the_readme_tells_and_files_that_are_there(monkeypatch):
    monkeypatch.setitem(doctor._PACKAGES, "no-such-package", "nothing works")
    remedy = checks_of(llm="none")["no-such-package"].remedy
    root = Path(__file__).parents[2]
    commands = re.findall(r"pip install [^()]*[^() ]", remedy)
    assert len(commands) == 2
    assert (root / "constraints.txt").is_file() and "--constraint constraints.txt ." in commands[0]
    assert all(command in (root / "README.md").read_text(encoding="utf-8") for command in commands)
