"""The report as one self-contained HTML page: no network, no outside file, hostile text shown as text.

The page's content security policy names the hashes of its own style and script and forbids all else, so that nothing can be
loaded and no script can run that is not ours, even if escaping failed somewhere. All words come from the report and
`report_words`, all places of the drawing from `report_timeline`; the template holds no logic but loops and choices.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from resus_doc.schema import ACTIVITIES, Event, Finding, Passage, Report, TimeZero
from resus_doc.tools import (
    report_curves,
    report_looks,
    report_measures,
    report_pauses,
    report_timeline,
    report_vitals,
    strings,
)
from resus_doc.tools import report_words as words
from resus_doc.tools.clock import clock
from resus_doc.tools.pages import embedded, part, printable, source_hash, template

if TYPE_CHECKING:
    from markupsafe import Markup

    from resus_doc.tools.windows import Windows


VERDICT_SIGNS = {"met": "✓", "not_met": "✕", "indeterminate": "≈", "not_assessable": "–"}
"""Verdicts differ by sign and word, never by colour alone."""


_QUANTITY = re.compile(r"(?<=\d) (?=(?:s|min|%|bpm|times)\b|%)|(?<=±) (?=\d)")
"""A number and its unit stay on one line."""

PICTURE = "data:image/jpeg;base64,"
"""How the address of a small picture begins, which the page holds itself."""

_MOST_DETAILS = 80
"""Lines of technical provenance on the page; all of it stands in run.json."""


@dataclass(frozen=True)
class Surroundings:
    """What a page shows beside the report itself.

    `video` is the address of the video relative to the page, percent-encoded; the page is whole without it. A case of several
    recordings has their addresses in `recordings`, in the report's order, and that of the first one in `video`. `windows` are
    the probabilities behind the events. `confidentiality` is a line that a site sets. `thumbnails` are JPEG pictures by the
    id of their event. `clips` names the films in the case's `clips` folder, without ending: a finding's id, or `pause-1`.
    """

    video: str | None = None
    windows: "Windows | None" = None
    confidentiality: str = ""
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)
    clips: frozenset[str] = frozenset()
    recordings: tuple[str, ...] = ()

    @property
    def video_name(self) -> str:
        """The address as a person reads it."""
        return unquote(self.video or "")


NOTHING_ELSE = Surroundings()


def render(report: Report, around: Surroundings = NOTHING_ELSE) -> str:
    """The HTML page of a report, ending with a newline. Equal reports in equal surroundings give equal pages."""
    style, script = part("report.css"), part("words.js") + part("report.js")
    withheld, cited, arranged = words.withheld(report), _cited(report), report_measures.arrange(report)
    return (
        template("report.html.j2", _printable)
        .render(
            report=report,
            t=strings.Phrases("report"),
            phrases=embedded(strings.table("report_script")),
            keys=strings.names("report_keys"),
            words=words,
            zero=report.time_zero,
            policy=_policy(style, script),
            thumbnails=() if withheld else _thumbnails(report, around),
            pause_clips=sorted((c for c in around.clips if c.startswith("pause-")), key=_number),
            style=style,
            script=script,
            around=around,
            drawing=report_timeline.draw(report),
            vitals=() if withheld else report_vitals.draw(report),
            minute=report_timeline.first_minute(report),
            data=_data(report, None if withheld else report_curves.encode(around.windows), around.recordings),
            glance=words.glance(report),
            groups=words.by_verdict(report.findings),
            looks=report_looks.lines(report),
            signs=VERDICT_SIGNS,
            measures=arranged,
            cited=cited,
            cites_events=any(event.id in cited for event in report.events),
            also_cited=[measure for measure in (*arranged.more, *arranged.missing) if measure.id in cited],
            pauses=report_pauses.rows(report),
            pause_header=report_pauses.HEADER,
            kinds=_kinds,
            sources=_sources(report),
            passages={passage.id: passage for passage in report.passages},
            activities=ACTIVITIES,
            known=_ids(report),
            withheld=withheld,
            video_times=lambda event: f"{clock(event.start_s)}–{clock(event.end_s)}",
            details=_details(report),
        )
        .rstrip()
        + "\n"
    )


def _data(report: Report, curves: "report_curves.Curves | None", recordings: tuple[str, ...]) -> "Markup":
    """What the page's script draws from."""
    measures = {measure.id: measure.events[:1] for measure in report.measures if measure.events}
    data = {
        "zero_s": report.time_zero.t_s,
        "zero_name": report.time_zero.name,
        "events": {event.id: _event_data(event, report.time_zero) for event in report.events},
        "measures": measures,
        "recordings": [
            {"src": address, "s": each.start_s, "e": each.start_s + each.duration_s}
            for address, each in zip(recordings, report.recordings, strict=bool(recordings))
        ],
        "curves": None if curves is None else curves._asdict(),
    }
    return embedded(data)


def _event_data(event: Event, zero: TimeZero) -> dict[str, object]:
    confirmed = f", confirmed by {event.confirmed_by}" if event.confirmed_by else ""
    return {
        "a": event.activity,
        "name": words.activity_name(event.activity, capital=True),
        "s": event.start_s,
        "e": event.end_s,
        "when": words.event_times(event, zero),
        "long": words.amount(event.duration_s, "s"),
        "source": event.source + confirmed,
        "sure": words.sureness(event),
    }


class Thumbnail(NamedTuple):
    """A picture of an event as an address that holds the picture itself."""

    event: Event
    name: str
    when: str
    address: str


def _thumbnails(report: Report, around: Surroundings) -> tuple[Thumbnail, ...]:
    shown = sorted((e for e in report.events if e.id in around.thumbnails), key=lambda e: (e.start_s, e.id))
    return tuple(
        Thumbnail(
            event,
            words.activity_name(event.activity, capital=True),
            clock((event.start_s + event.end_s) / 2 - report.time_zero.t_s),
            f"{PICTURE}{base64.b64encode(around.thumbnails[event.id]).decode()}",
        )
        for event in shown
    )


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{source_hash(style)}'; script-src '{source_hash(script)}'; media-src 'self' file:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _printable(value: Any) -> Any:
    if type(value) is not str:
        return value
    return _QUANTITY.sub("\N{NO-BREAK SPACE}", printable(value))


def _ids(report: Report) -> frozenset[str]:
    """All ids that have an anchor on the page; a citation of another is shown without a link."""
    groups = (report.events, report.withheld_events, report.measures, report.findings, report.passages)
    return frozenset(fact.id for group in groups for fact in group)


def _cited(report: Report) -> frozenset[str]:
    """All ids that the sentences, the findings and the table of pauses name: on paper they cannot be followed by a click."""
    named = [sentence.cites for sentence in words.sentences(report)]
    named += [(*finding.events, *finding.measures) for finding in report.findings]
    named += [row.events for row in report_pauses.rows(report)]
    return frozenset(fact for facts in named for fact in facts)


def _kinds(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings that are not assessable, by what a reader can still learn from them."""
    kinds: dict[str, list[Finding]] = {"seen": [], "values": [], "silent": []}
    for finding in findings:
        kind = "values" if finding.kind == "quality_metric" else "seen" if finding.events else "silent"
        kinds[kind].append(finding)
    titles = strings.names("not_assessable_kinds")
    return {titles[kind]: found for kind, found in kinds.items() if found}


def _sources(report: Report) -> dict[str, list[Passage]]:
    """The passages under the document that each comes from."""
    sources: dict[str, list[Passage]] = {}
    for passage in report.passages:
        sources.setdefault(words.source_line(passage), []).append(passage)
    return sources


def _details(report: Report) -> tuple[tuple[str, str], ...]:
    """Provenance as flat lines, without the seconds of the steps: they differ from run to run."""
    rest = {key: value for key, value in report.provenance.items() if key not in ("seconds", "notes")}
    return tuple(_flat("", rest))[:_MOST_DETAILS]


def _flat(path: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        parts = sorted(value.items(), key=lambda item: str(item[0]))
        return [line for key, inner in parts for line in _flat(f"{path} · {key}" if path else str(key), inner)]
    if isinstance(value, list | tuple):
        return [(path, ", ".join(str(item) for item in value))]
    return [] if value is None else [(path, str(value))]
