"""The words of the pages: one file, `resus_doc/assets/words/en.toml`, with a table for each page and one for each script.

A phrase may hold places `{0}`, `{1}` for what differs. One that depends on a number has the forms `one` and `other`, chosen by its
first value. What the language model and the verifier read and write is not here: those sentences are bound to their grammar.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resus_doc.settings import ASSETS
from resus_doc.tools.pages import printable

if TYPE_CHECKING:
    from markupsafe import Markup

FILE = ASSETS / "words" / "en.toml"

Forms = str | Mapping[str, str]


def table(name: str) -> dict[str, Forms]:
    """The phrases of a page, a script or a list of names, by their key.

    Raises:
        KeyError: the file has no such table.
    """
    return _tables(FILE)[name]


def names(name: str) -> dict[Any, str]:
    """A table whose phrases have one form and no places, such as the names of verdicts."""
    return {key: str(text) for key, text in table(name).items()}


def heads(name: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The heads of a table's columns in the order of `keys`, whatever their order in the file.

    Raises:
        KeyError: the file has no such table or head.
    """
    found = names(name)
    return tuple(found[key] for key in keys)


def counted(number: int, noun: str) -> str:
    """`1 video`, `2 videos`: for nouns whose plural is an s more."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@cache
def _tables(file: Path) -> dict[str, dict[str, Forms]]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Phrase:
    """A phrase of a page. Called with values it has them in its places; it and they are escaped, markup excepted."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def __call__(self, *values: Any) -> "Markup":
        from markupsafe import escape

        return escape(self._form(values)).format(*(printable(value) for value in values))

    def text(self, *values: Any) -> str:
        """The phrase as plain text, which still is to be escaped."""
        return self._form(values).format(*values)

    def __html__(self) -> str:
        return self()

    def _form(self, values: tuple[Any, ...]) -> str:
        if isinstance(self._forms, str):
            return self._forms
        return self._forms["one" if values[0] == 1 else "other"]


class Phrases:
    """A page's phrases as attributes; a key that the file does not have is an error."""

    def __init__(self, page: str) -> None:
        self._phrases = {key: Phrase(forms) for key, forms in table(page).items()}

    def __getattr__(self, key: str) -> Phrase:
        try:
            return self._phrases[key]
        except KeyError:
            raise AttributeError(f"{FILE.name} has no phrase {key!r} for this page") from None
