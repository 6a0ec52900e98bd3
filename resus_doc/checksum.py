"""What a file is known by."""

import hashlib
import os
from pathlib import Path

RENAME = "Rename it, or the folder meant, in letters that this machine shows."
"""The remedy for a file whose place is no text."""


def is_text(path: Path) -> bool:
    """Whether the place of a file, as given and its true one, is text; a name is bytes, and older systems wrote other ones."""
    try:
        os.fsencode(path).decode()
        os.fsencode(path.resolve()).decode()
    except UnicodeDecodeError:
        return False
    return True


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex digits; read in blocks, about a second per gigabyte.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
