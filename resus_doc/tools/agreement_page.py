"""Both timelines as one picture: an SVG file, one row for each activity, the first rater above the second."""

from html import escape

from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Timeline
from resus_doc.tools.agreement import spans_of
from resus_doc.tools.clock import clock

WIDTH, LEFT, ROW, BAR, TOP = 960, 150, 40, 14, 40
COLOURS = ("#0068a8", "#c04a00")


def draw(one: Timeline, other: Timeline, names: tuple[str, str]) -> str:
    """The SVG text. Shown are the activities that either covers; `names` of the two go into the heading."""
    shown = [activity for activity in ACTIVITIES if activity in one.covered or activity in other.covered]
    length_s = max(one.duration_s, other.duration_s, 1.0)
    height = TOP + ROW * len(shown) + 24
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for i, (name, colour) in enumerate(zip(names, COLOURS, strict=True)):
        lines.append(f'<text x="{LEFT + 400 * i}" y="22" fill="{colour}">{escape(name)[:60]}</text>')
    for row, activity in enumerate(shown):
        top = TOP + row * ROW
        lines.append(f'<text x="8" y="{top + 19}">{ACTIVITY_NAMES[activity]}</text>')
        for i, timeline in enumerate((one, other)):
            for span in spans_of(timeline, activity):
                x = LEFT + span.start_s / length_s * (WIDTH - LEFT - 10)
                wide = max(1.0, (span.end_s - span.start_s) / length_s * (WIDTH - LEFT - 10))
                lines.append(
                    f'<rect x="{x:.1f}" y="{top + i * (BAR + 2)}" width="{wide:.1f}" height="{BAR}" fill="{COLOURS[i]}"/>'
                )
    lines.append(f'<text x="{LEFT}" y="{height - 8}">0:00</text>')
    lines.append(f'<text x="{WIDTH - 10}" y="{height - 8}" text-anchor="end">{clock(length_s)}</text></svg>')
    return "\n".join(lines) + "\n"
