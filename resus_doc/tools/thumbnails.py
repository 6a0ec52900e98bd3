"""A few small pictures of the recording as evidence in the report's page: what a finding rests on comes first."""

import io
from collections.abc import Sequence
from pathlib import Path

from resus_doc.schema import Event, Report
from resus_doc.tools import report_words as words
from resus_doc.tools.clips import picture_size
from resus_doc.tools.video import Image, pictures_at

MOST = 8
"""As many as fit on two lines of a page; some 60 kB in all."""

WIDTH = 200
QUALITY = 70
"""Of the JPEG: enough to see hands and mask at this size."""


def chosen(report: Report) -> tuple[Event, ...]:
    """The events to show, by time: those that findings cite, by verdict; then the first of each activity; then the others."""
    if words.withheld(report):
        return ()
    events = {event.id: event for event in report.events if event.activity != "baby_visible"}
    cited = [each for found in words.by_verdict(report.findings).values() for f in found for each in f.events]
    firsts = {event.activity: event.id for event in sorted(events.values(), key=lambda e: -e.start_s)}
    wanted = [each for each in dict.fromkeys([*cited, *firsts.values(), *events]) if each in events][:MOST]
    return tuple(sorted((events[each] for each in wanted), key=lambda event: (event.start_s, event.id)))


def take(report: Report, videos: Sequence[Path]) -> dict[str, bytes]:
    """JPEG pictures by the id of their event, each from the middle of the event; none where the recording cannot be read.

    `videos` are the recording, or all of a case that has several, in the report's order.

    Raises:
        VideoRefused: the recording is missing or holds no picture.
    """
    middles = sorted(((event.start_s + event.end_s) / 2, event.id) for event in chosen(report))
    width, height = picture_size(report.video.width, report.video.height)
    size = (WIDTH, max(2, round(WIDTH * height / width)))
    spans = [(each.start_s, each.duration_s) for each in report.recordings] or [(0.0, report.video.duration_s)]
    found: dict[str, bytes] = {}
    for video, (start_s, length_s) in zip(videos, spans, strict=True):
        inside = [(at_s - start_s, name) for at_s, name in middles if start_s <= at_s < start_s + length_s]
        pictures = pictures_at(video, [at_s for at_s, _ in inside], *size) if inside else ()
        found |= {name: _jpeg(image) for (_, name), image in zip(inside, pictures, strict=True) if image is not None}
    return found


def _jpeg(image: Image) -> bytes:
    from PIL import Image as Pictures

    file = io.BytesIO()
    Pictures.fromarray(image).save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
