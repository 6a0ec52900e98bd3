"""What a case depends on, as one hash: the video's content, models, guideline, settings, and what is known of the birth.

Where the files lie and which processor reads them does not count. Fields that a report's request gains later count by
themselves.
"""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from resus_doc import __version__
from resus_doc.agent.request import Request
from resus_doc.errors import ResourceMissing
from resus_doc.guidelines import checked
from resus_doc.models import store
from resus_doc.settings import Settings
from resus_doc.tools.ledger import Ledger, copy_of_ledger
from resus_doc.tools.registry import TOOLS

_NOT_CONTENT = frozenset({"video", "out", "settings", "resume", "replace", "progress", "llm_asked_for"})


class ContentKeys:
    """Keys of videos under one ledger, which remembers the hashes of files; models and guidelines are hashed once."""

    def __init__(self, ledger: Ledger, *, rehash: bool = False) -> None:
        self._ledger = ledger
        self._rehash = rehash
        self._known: dict[tuple[str, str], str] = {}

    def of_video(self, path: Path) -> str:
        """The SHA-256 of the video file.

        Raises:
            InputRefused: it cannot be read.
        """
        return self._ledger.sha256(path, rehash=self._rehash)

    def key(self, sha256: str, settings: Settings, options: dict[str, Any]) -> str:
        """The content key of a video with these settings and request options.

        Raises:
            InputRefused: a file that the options name cannot be read.
            UsageError: the guideline is none.
        """
        parts = {
            "version": __version__,
            "video": sha256,
            "guideline": self._once("guideline", settings),
            "llm": self._once("llm", settings),
            "detector": None if options.get("annotations") else self._once("detector", settings),
            "seed": settings.seed,
            "pictures": [settings.thumbnails, settings.clips],
            "request": {name: self._value(options.get(name)) for name in _content_fields()},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def parts(self, settings: Settings) -> dict[str, str]:
        """What every report with these settings depends on, each as a hash or version.

        Raises:
            UsageError: the guideline is none.
        """
        return {"version": __version__} | {
            what: self._once(what, settings) for what in ("guideline", "llm", "detector")
        }

    def _value(self, value: Any) -> Any:
        return self._ledger.sha256(value, rehash=self._rehash) if isinstance(value, Path) else value

    def _once(self, what: str, settings: Settings) -> str:
        name = (what, str(getattr(settings, what)))
        if name not in self._known:
            self._known[name] = getattr(self, f"_{what}")(settings)
        return self._known[name]

    def _guideline(self, settings: Settings) -> str:
        profile, by = checked.apply(TOOLS["load_profile"](settings.guideline), settings.data)
        content = [profile.model_dump(mode="json"), by]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

    def _llm(self, settings: Settings) -> str:
        """Hash of the model's file; its name where it is missing, so that the run can say so."""
        try:
            path = Path("none") if settings.llm == "none" else store.language_model(settings)
        except ResourceMissing:
            return settings.llm
        return self._ledger.sha256(path) if path.is_file() else settings.llm

    def _detector(self, settings: Settings) -> str:
        """Hash of all files of the bundle; of its name where there is none, so that the run can say what is missing."""
        files = sorted(path for path in settings.detector.rglob("*") if path.is_file())
        content = [(str(path.relative_to(settings.detector)), self._ledger.sha256(path)) for path in files]
        return hashlib.sha256(json.dumps(content or str(settings.detector)).encode()).hexdigest()


def _content_fields() -> list[str]:
    return sorted(each.name for each in dataclasses.fields(Request) if each.name not in _NOT_CONTENT)


def parts_here(settings: Settings) -> dict[str, str]:
    """`ContentKeys.parts` on this machine, without a ledger; two machines where they are equal write the same reports."""
    with copy_of_ledger(None) as ledger:
        return ContentKeys(ledger).parts(settings)
