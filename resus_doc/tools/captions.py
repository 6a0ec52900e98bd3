"""The caption bar under a clip's picture, drawn with the font that Pillow brings along: no font of the system is needed.

It knows texts and sizes only. What a font has no sign for is drawn as an empty box; control characters become spaces.
"""

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from resus_doc.tools.pages import printable
from resus_doc.tools.video import Image

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

INK, QUIET, PAPER = (255, 255, 255), (190, 205, 216), (16, 26, 34)
"""White and light grey on near black: contrast over 10 to 1."""

TITLE_LINES = 2
_ELLIPSIS = "..."


def font_size(width: int) -> int:
    """Height of the letters in pixels: some 45 signs on a line of a picture of this width."""
    return max(13, round(width / 36))


def bar_height(width: int) -> int:
    """Height in pixels of the bar under a picture of this width; even, because video encoders need that."""
    return 2 * round((TITLE_LINES + 1) * 1.35 * font_size(width) / 2 + 0.5 * font_size(width))


@lru_cache(maxsize=64)
def bar(width: int, title: str, left: str, right: str) -> Image:
    """The bar, RGB [bar_height, width, 3]: the title on up to two lines, under it one text at the left and one at the right."""
    from PIL import Image as Pictures
    from PIL import ImageDraw

    size, height = font_size(width), bar_height(width)
    step, margin = 1.35 * size, round(0.6 * size)
    picture = Pictures.new("RGB", (width, height), PAPER)
    draw, font = ImageDraw.Draw(picture), _font(size)
    room = width - 2 * margin
    for number, line in enumerate(wrapped(title, room, size)[:TITLE_LINES]):
        draw.text((margin, 0.35 * size + number * step), line, INK, font)
    under = 0.35 * size + TITLE_LINES * step
    right = _fitted(_plain(right), room, font)
    taken = font.getlength(right) + margin if right else 0
    draw.text((margin, under), _fitted(_plain(left), room - taken, font), QUIET, font)
    draw.text((width - margin - font.getlength(right), under), right, INK, font)
    return np.asarray(picture)


def card(width: int, height: int, lines: tuple[str, ...]) -> Image:
    """A picture that holds text alone, RGB [height, width, 3]; what does not fit below is left out."""
    from PIL import Image as Pictures
    from PIL import ImageDraw

    size = font_size(width)
    margin = round(1.2 * size)
    picture = Pictures.new("RGB", (width, height), PAPER)
    draw, font, at = ImageDraw.Draw(picture), _font(size), float(margin)
    for place, line in enumerate(lines):
        for part in wrapped(line, width - 2 * margin, size, most=20):
            draw.text((margin, at), part, INK if place == 0 else QUIET, font)
            at += 1.35 * size
        at += 0.65 * size
    return np.asarray(picture)


def wrapped(text: str, room: float, size: int, most: int = TITLE_LINES) -> list[str]:
    """The text on at most `most` lines of `room` pixels; the last ends in dots where the text goes on."""
    font, rest = _font(size), _plain(text).split()
    lines: list[str] = []
    while rest and len(lines) < most - 1:
        taken = max(
            1, bisect_right(range(len(rest) + 1), room, key=lambda end: font.getlength(" ".join(rest[:end]))) - 1
        )
        lines.append(_fitted(" ".join(rest[:taken]), room, font))
        rest = rest[taken:]
    return [*lines, _fitted(" ".join(rest), room, font)] if rest else lines


def _fitted(text: str, room: float, font: "FreeTypeFont") -> str:
    if font.getlength(text) <= room:
        return text
    kept = bisect_right(range(len(text) + 1), room, key=lambda end: font.getlength(text[:end] + _ELLIPSIS)) - 1
    return text[:kept].rstrip() + _ELLIPSIS if kept > 0 else ""


def _plain(text: str) -> str:
    return " ".join(str(printable(text))[:500].split())


@lru_cache(maxsize=8)
def _font(size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)  # type: ignore[return-value]  # scalable, since a size is asked for
