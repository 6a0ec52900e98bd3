"""Which passage is nearest to a finding's statement, remembered beside the passage index.

The statements are those of the rules, always the same, and asking the index anew costs each process the libraries of the embedder:
seconds a report without a detector otherwise has no use for. What is remembered holds for one state of index and program; anything
that does not fit is forgotten and asked anew.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

FILE = "nearest.json"


class Hit(NamedTuple):
    """The id of the nearest passage, and its score in 0..1."""

    passage: str
    score: float


Known = dict[tuple[str, str], Hit | None]
"""By profile and statement; None: the profile has no passage at all."""


def read(home: Path, state: dict[str, Any]) -> Known:
    """What is known in this state; nothing where it was another one, or the file is missing or damaged."""
    try:
        kept = json.loads((home / FILE).read_text(encoding="utf-8"))
        if kept["state"] != state:
            return {}
        return {(profile, statement): _hit(hit) for profile, statement, hit in kept["hits"]}
    except (FileNotFoundError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError):
        return {}


def _hit(kept: Any) -> Hit | None:
    return None if kept is None else Hit(str(kept[0]), float(kept[1]))


def write(home: Path, state: dict[str, Any], known: Known) -> None:
    """Put it in place whole; of two processes that write at once one wins, and the other's is asked anew.

    Raises:
        OSError: the folder cannot be written to.
    """
    hits = [(profile, statement, hit) for (profile, statement), hit in sorted(known.items())]
    number, name = tempfile.mkstemp(prefix=f"{FILE}.", dir=home)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump({"state": state, "hits": hits}, file, indent=1)
        Path(name).replace(home / FILE)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
