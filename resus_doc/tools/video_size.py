"""How large a video file says it is, from its outermost layout: a smaller one was cut off.

This is exact where a comparison of lengths in seconds is not: headers round, and some readers of damaged files correct the
length to what is there. Formats without such a statement (transport streams, raw streams) give None.
"""

import re
from pathlib import Path
from typing import BinaryIO

_EBML = bytes.fromhex("1a45dfa3")
_SEGMENT = bytes.fromhex("18538067")


def stated_bytes(path: Path) -> int | None:
    """Bytes the file should have, None where it does not say. Reads a few headers only.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if re.fullmatch(rb"RIFF....AVI ", head, re.DOTALL):
            return int.from_bytes(head[4:8], "little") + 8
        if head[:4] == _EBML:
            return _matroska(file)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _boxes(file, size)
    return None


def _boxes(file: BinaryIO, size: int) -> int | None:
    """MP4 and MOV: where the last of the outermost boxes ends."""
    place = 0
    while place < size:
        file.seek(place)
        head = file.read(16)
        if not re.match(rb"....[A-Za-z0-9 ]{4}", head, re.DOTALL):
            return place
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            return size
        if length < 8:
            return place
        place += length
    return place


def _matroska(file: BinaryIO) -> int | None:
    """Matroska and WebM: where the segment ends; None when it was written without knowing."""
    file.seek(4)
    header = _vint(file)
    if header is None:
        return None
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return None
    length = _vint(file)
    return None if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """EBML's number of variable length; None for the reserved *unknown* (all bits set) and at the end of the file."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    rest = file.read(extra)
    bits = 7 * (extra + 1)
    value = int.from_bytes(first + rest, "big") & ((1 << bits) - 1)
    return None if len(rest) < extra or value == (1 << bits) - 1 else value
