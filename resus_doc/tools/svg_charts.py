"""Small line charts as SVG text: reliability curves and training curves. No drawing library, no script, no font file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, MARGIN = 260, 220, 36
COLOURS = ("#0b5394", "#b45f06", "#38761d", "#741b47")

Points = Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """One chart: named lines of points, over the ranges of its two axes."""

    title: str
    lines: Mapping[str, Points]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_name: str
    y_name: str
    diagonal: bool = False
    """Draw the line on which a perfect curve would lie."""


def chart(panels: Sequence[Panel], columns: int = 3) -> str:
    """The panels side by side in rows, as one SVG document."""
    columns = max(1, min(columns, len(panels)))
    rows = -(-len(panels) // columns)
    width, height = columns * WIDTH, rows * HEIGHT
    drawn = [
        f'<g transform="translate({i % columns * WIDTH},{i // columns * HEIGHT})">{_panel(panel)}</g>'
        for i, panel in enumerate(panels)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="10" fill="#222"><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(drawn)
        + "</svg>\n"
    )


def _panel(panel: Panel) -> str:
    left, right, top, bottom = MARGIN, WIDTH - 12, 24, HEIGHT - MARGIN
    x0, x1 = panel.x_range
    y0, y1 = panel.y_range

    def at(x: float, y: float) -> str:
        across = left + (x - x0) / ((x1 - x0) or 1) * (right - left)
        return f"{across:.1f},{bottom - (y - y0) / ((y1 - y0) or 1) * (bottom - top):.1f}"

    parts = [
        f'<text x="{left}" y="14" font-weight="bold">{escape(panel.title)}</text>',
        f'<path d="M{left},{top}V{bottom}H{right}" fill="none" stroke="#888"/>',
        f'<text x="{left}" y="{bottom + 12}">{x0:g}</text>',
        f'<text x="{right}" y="{bottom + 12}" text-anchor="end">{x1:g}</text>',
        f'<text x="{left - 4}" y="{bottom}" text-anchor="end">{y0:.3g}</text>',
        f'<text x="{left - 4}" y="{top + 8}" text-anchor="end">{y1:.3g}</text>',
        f'<text x="{(left + right) / 2}" y="{bottom + 26}" text-anchor="middle">{escape(panel.x_name)}</text>',
        f'<text transform="translate(10,{(top + bottom) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(panel.y_name)}</text>",
    ]
    if panel.diagonal:
        parts.append(f'<polyline points="{at(x0, y0)} {at(x1, y1)}" stroke="#bbb" stroke-dasharray="3" fill="none"/>')
    for i, (name, points) in enumerate(panel.lines.items()):
        parts += _line(name, [at(x, y) for x, y in points], COLOURS[i % len(COLOURS)], right, top + 10 + 12 * i)
    return "".join(parts)


def _line(name: str, places: Sequence[str], colour: str, right: int, label_y: int) -> list[str]:
    dots = [f'<circle cx="{x}" cy="{y}" r="2" fill="{colour}"/>' for x, y in (place.split(",") for place in places)]
    label = f'<text x="{right}" y="{label_y}" text-anchor="end" fill="{colour}">{escape(name)}</text>' if name else ""
    return [f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}"/>', *dots, label]
