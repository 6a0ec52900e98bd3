"""Twenty simulated cases, and what is right to answer about them, worked out from their events alone.

Their timelines stand in `chat_cases.csv`, so that the questions keep their answers whatever the simulator draws. Nothing
here calls a tool of the chat: sums, gaps and orders are computed once more, the plain way. `expected` is one line of
`questions.csv`: a kind of number or fact and what it is about.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from resus_doc.guidelines import profile as profiles
from resus_doc.schema import ACTIVITY_NAMES, Event, Report, Video
from resus_doc.tools.cases import without_narrative
from resus_doc.tools.clock import number_phrases, phrase_value
from resus_doc.tools.timeline import timeline_from_annotations

QUESTIONS = Path(__file__).parent / "questions.csv"
TIMELINES = Path(__file__).parent / "chat_cases.csv"
MASK = ("ppv", "cpap", "ventilation")
NTH = ("first", "second", "third")
ABSENT = ("not seen", "cannot tell", "no ", "none", "not recognise", "still cannot be given", "nothing", "only")
Stretch = tuple[float, float]


class Question(NamedTuple):
    """One line of the file."""

    case: int
    kind: str
    expected: str
    question: str
    before: str


@cache
def questions() -> tuple[Question, ...]:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return tuple(Question(int(row["case"]), *list(row.values())[1:]) for row in csv.DictReader(file))


@cache
def case(number: int) -> Report:
    """A simulated case's truth as a report: every second one with a given birth, the others count from what was seen."""
    rows = _timelines()[number]
    end_s = float(rows[0]["duration_s"])
    birth_s = -5.0 - number if number % 2 else None
    timeline = timeline_from_annotations([_event(row) for row in rows], end_s, birth_time_s=birth_s)
    video = Video(name="", sha256="", duration_s=end_s, width=64, height=48, frame_rate=25, grid_fps=8)
    return without_narrative(timeline, profiles.load("aha-2025"), f"case-{number:08x}", video)


@cache
def _timelines() -> dict[int, list[dict[str, str]]]:
    """The rows of each case, one an event."""
    with TIMELINES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {number: list(own) for number, own in groupby(rows, key=lambda row: int(row["case"]))}


def _event(row: dict[str, str]) -> Event:
    """The timeline numbers them."""
    return Event.annotated("E1", row["activity"], float(row["start_s"]), float(row["end_s"]))


# --- the events, the plain way


def stretches(report: Report, name: str) -> list[Stretch]:
    """Start and end of an activity's events, `*` for all that was done."""
    if name == "*":
        wanted = {event.activity for event in report.events} - {"baby_visible"}
    else:
        wanted = set(MASK) if name == "ventilation" else {name}
    return sorted((e.start_s, e.end_s) for e in report.events if e.activity in wanted)


def covered(spans: list[Stretch], low: float = -1e9, high: float = 1e9) -> float:
    """Seconds in any of the spans, between two moments."""
    total, reached = 0.0, low
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, high)
        total += max(0.0, end - start)
        reached = max(reached, end)
    return total


def gaps(spans: list[Stretch], longer_than: float = 0.0) -> list[Stretch]:
    found, reached = [], None
    for start, end in sorted(spans):
        if reached is not None and start - reached > longer_than:
            found.append((reached, start))
        reached = end if reached is None else max(reached, end)
    return found


# --- reading an answer

_NUMBER = re.compile(r"(\d+):(\d\d)|(\d+(?:\.\d+)?) ?(s\b|%)?")


def numbers_in(text: str) -> list[tuple[float, str]]:
    """The numbers outside quotation marks, with `s`, `%` or nothing for a count."""
    outside = re.sub(r"“[^“”]*”|\b[EFMP]\d+\b", "", text)
    found = []
    for minutes, seconds, plain, unit in _NUMBER.findall(outside):
        found.append((60.0 * int(minutes) + int(seconds), "s") if minutes else (float(plain), unit))
    return found


def says(text: str, value: float, unit: str) -> bool:
    return any(there == unit and near(number, value, unit) for number, there in numbers_in(text))


def near(one: float, other: float, unit: str) -> bool:
    return abs(one - other) <= {"s": 0.051 if other < 59.95 else 0.51, "%": 0.51, "": 0.0}[unit] + 1e-6


# --- what is right


def is_right(question: Question, answer: dict, report: Report) -> bool:
    """Whether an answer of `chat --ask --json` is the right one."""
    what, *about = question.expected.split()
    text = answer["answer"]
    if what == "declined":
        return bool(answer["declined"])
    if answer["declined"]:
        return False
    if what in _CALLS:
        return _by_call(what, about, answer, report)
    wanted = list(_expected(what, about, report))
    if wanted == [None]:
        return answer["tool_calls"][0]["name"] not in _ABOUT_RULES and any(word in text.lower() for word in ABSENT)
    return all(says(text, *each) if isinstance(each, tuple) else str(each).lower() in text.lower() for each in wanted)


_ABOUT_RULES = ("rules", "why", "findings", "evidence", "search_passages", "profile")
"""Tools whose "no" is about a guideline, not about what was seen."""
_CALLS = ("findings", "why", "rules", "evidence", "summary", "passage", "profile")


def _by_call(what: str, about: list[str], answer: dict, report: Report) -> bool:
    call = answer["tool_calls"][0]
    if what == "profile":
        return profiles.load(about[0]).title in answer["answer"]
    if what == "passage":
        passages = call["result"]["passages"]
        words = " ".join(about).split(",")
        texts = " ".join(f"{passage['title']} {passage['text']}".lower() for passage in passages)
        return call["name"] == "search_passages" and any(word in texts for word in words)
    if call["name"] != what:
        return False
    if what == "findings" and about[0] in ("met", "not_met", "not_assessable"):
        number = sum(finding.verdict == about[0] for finding in report.findings)
        return says(answer["answer"], number, "")
    subject = about[0] if about and about[0] != "*" else None
    return call["arguments"]["activity"] == subject


def _expected(what: str, about: list[str], report: Report) -> Iterator[tuple[float, str] | str | None]:
    """Numbers with units and words that an answer must hold; None alone: that there is nothing to tell."""
    zero = report.time_zero.t_s
    limit = next((word for word in about if word[0] in "<>"), None)
    about = [word for word in about if word != limit]
    name = about[0] if about else "*"
    spans = stretches(report, name) if not name.isdigit() else []
    if what == "first":
        yield from _limited([(abs(spans[0][0] - zero), "s")] if spans else [], limit, spans and spans[0][0] - zero)
    elif what == "count":
        spans = _narrowed(report, spans, about[1:])
        yield from _limited([(float(len(spans)), "")] if spans or len(about) > 1 else [], limit, len(spans))
    elif what in ("pauses", "pause"):
        yield from _pauses(report, name if about else "count", limit)
    elif what == "total":
        within = zero + float(about[2]) if len(about) > 1 else 1e9
        total = covered(spans, zero if len(about) > 1 else -1e9, within)
        yield from _limited([(total, "s")] if spans else [], limit, total)
    elif what == "length":
        yield from _length(spans, about[1])
    elif what == "idle":
        seen = stretches(report, "baby_visible")
        yield covered(seen) - _shared(seen, stretches(report, "*")), "s"
    elif what == "share":
        yield from [(100 * covered(spans) / report.observed_s, "%")] if spans else [None]
    elif what == "overlap":
        yield from [(_shared(spans, stretches(report, about[1])), "s")] if spans else [None]
    elif what == "order":
        yield from _order(report, about)
    elif what == "interval":
        other = stretches(report, about[1])
        value = abs(other[0][0] - spans[0][0]) if spans and other else 0.0
        yield from _limited([(value, "s")] if spans and other else [], limit, value)
    elif what in ("shift", "birth"):
        yield from _moved(report, what, about)
    else:
        yield from _listed(report, what, about, limit)


def _limited(
    found: list[tuple[float, str]], limit: str | None, value: float
) -> Iterator[tuple[float, str] | str | None]:
    if not found:
        yield None
        return
    yield from found
    if limit is not None:
        held = value <= float(limit[1:]) if limit[0] == "<" else value > float(limit[1:])
        yield "yes:" if held else "no:"


def _narrowed(report: Report, spans: list[Stretch], about: list[str]) -> list[Stretch]:
    if not about:
        return spans
    relation, other = about
    zero = report.time_zero.t_s
    if relation == "within":
        return [span for span in spans if span[0] < zero + float(other) and span[1] > zero]
    first = stretches(report, other)
    if not first:
        return []
    return [span for span in spans if (span[0] < first[0][0]) == (relation == "before")]


def _pauses(report: Report, which: str, limit: str | None) -> Iterator[tuple[float, str] | str | None]:
    lengths = [end - start for start, end in gaps(stretches(report, "ppv"), 2.0)]
    if not lengths:
        yield None
    elif limit is not None:
        yield from _limited([(max(lengths), "s")], limit, max(lengths))
    elif which in NTH:
        yield (lengths[NTH.index(which)], "s") if len(lengths) > NTH.index(which) else None
    else:
        yield {
            "count": (float(len(lengths)), ""),
            "longest": (max(lengths), "s"),
            "total": (sum(lengths), "s"),
        }[which]


def _length(spans: list[Stretch], which: str) -> Iterator[tuple[float, str] | None]:
    lengths = [end - start for start, end in spans]
    if not lengths or (which in NTH and len(lengths) <= NTH.index(which)):
        yield None
    elif which in NTH:
        yield lengths[NTH.index(which)], "s"
    else:
        yield {"last": lengths[-1], "longest": max(lengths), "shortest": min(lengths)}[which], "s"


def _shared(one: list[Stretch], other: list[Stretch]) -> float:
    return covered(one) + covered(other) - covered(one + other)


def _order(report: Report, about: list[str]) -> Iterator[str | None]:
    if about == ["*"]:
        names = dict.fromkeys(e.activity for e in sorted(report.events, key=lambda e: e.start_s))
        yield ", then ".join(ACTIVITY_NAMES[name] for name in names if name != "baby_visible")
        return
    firsts = {name: spans[0][0] for name in about if (spans := stretches(report, name))}
    if len(firsts) < 2:
        yield None
    else:
        yield f"{ACTIVITY_NAMES[min(firsts, key=firsts.__getitem__)]} came first"


def _moved(report: Report, what: str, about: list[str]) -> Iterator[tuple[float, str] | None]:
    zero = report.time_zero.t_s
    moved = float(about[-1]) if what == "birth" else zero + float(about[1]) * (-1 if about[0] == "earlier" else 1)
    known = set(MASK) - {"ventilation"} <= set(report.activities_covered)
    first = stretches(report, "ppv") or (stretches(report, "ventilation") if known else [])
    yield (abs(first[0][0] - moved), "s") if first else None


def _listed(report: Report, what: str, about: list[str], limit: str | None) -> Iterator[tuple[float, str] | None]:
    """The starts of the events that an answer must tell; of those beside a first event, the nearest."""
    zero, everything = report.time_zero.t_s, stretches(report, "*")
    name = about[0] if about else "*"
    spans = [] if name.isdigit() else stretches(report, name)
    others = [span for span in everything if span not in spans]
    if what == "events":
        chosen = [s for s in spans if limit is None or (s[1] - s[0] > float(limit[1:])) == (limit[0] == ">")]
    elif what in ("firstact", "lastact"):
        chosen = everything[:1] if what == "firstact" else everything[-1:]
    elif what == "during":
        chosen = [s for s in spans if any(s[0] < b and a < s[1] for a, b in stretches(report, about[1]))]
    elif what in ("at", "between", "within"):
        low = float(name) if what != "within" else zero
        high = {"at": low, "between": float(about[-1]), "within": zero + float(name)}[what]
        chosen = [s for s in everything if s[0] < high + 0.001 and s[1] > low]
    elif name.isdigit():
        chosen = [s for s in everything if s[0] >= float(name)][:1]
    elif what in ("before", "before_that"):
        chosen = [s for s in (everything if what == "before_that" else others) if spans and s[0] < spans[0][0]][-1:]
    elif what in ("after", "after_that"):
        rest = [s for s in everything if s != spans[0]] if spans and what == "after_that" else others
        chosen = [s for s in rest if spans and s[0] >= spans[0][0]][:1]
    else:
        assert what == "during_that", what
        chosen = [s for s in everything if spans and s[0] < spans[0][1] and spans[0][0] < s[1]]
    yield from [(abs(start - zero), "s") for start, _ in chosen[:8]] or [None]


# --- wrong numbers


def strange_numbers(question: Question, answer: dict, report: Report) -> list[tuple[float, str]]:
    """Numbers of an answer that are none of the case's, however they may be put together for this question."""
    true = true_numbers(report, f"{question.question} {question.before}".lower())
    return [
        (value, unit)
        for value, unit in numbers_in(answer["answer"])
        if not any(there == unit and near(value, number, unit) for number, there in true)
    ]


def true_numbers(report: Report, asked: str) -> set[tuple[float, str]]:
    zero, end_s = report.time_zero.t_s, report.video.duration_s
    named = [phrase_value(phrase) for phrase in number_phrases(asked)]
    true: set[tuple[float, str]] = {(float(number), "") for number in range(40)} | {(number, "s") for number in named}
    true |= {(number, "") for number in named} | {(end_s, "s"), (abs(zero), "s"), (100.0, "%")}
    everything = stretches(report, "*") + stretches(report, "baby_visible")
    edges = [edge for span in everything for edge in span]
    true |= {(abs(edge - other), "s") for edge in edges for other in (0.0, zero, *edges)}
    moved = [zero + number * sign for number in named for sign in (-1, 1)] + named
    true |= {(abs(edge - other), "s") for edge in edges for other in moved}
    for name in ("*", "baby_visible", "ventilation", *{event.activity for event in report.events}):
        spans = stretches(report, name)
        true.add((100 * covered(spans) / max(report.observed_s, 0.001), "%"))
        for low, high in _windows(report, named):
            inside = covered(spans, low, high)
            true |= {(inside, "s"), (100 * inside / max(high - low, 0.001), "%")}
            for other in ("ppv", "cpap", "stimulation", "suction", "chest_compressions"):
                true.add((_shared(spans, stretches(report, other)), "s"))
        holes = [end - start for start, end in gaps(spans, 2.0 if name == "ppv" else 0.0)]
        true |= {(sum(holes), "s"), *((hole, "s") for hole in holes)}
    seen = stretches(report, "baby_visible")
    true.add((covered(seen) - _shared(seen, stretches(report, "*")), "s"))
    for finding in report.findings:
        unit = {"s": "s", "fraction": "%", "count": "", "bpm": ""}[finding.unit or "count"]
        scale = 100 if unit == "%" else 1
        true |= {(scale * v, unit) for v in (finding.observed_value, finding.threshold) if v is not None}
    return true


def _windows(report: Report, named: list[float]) -> list[Stretch]:
    zero = report.time_zero.t_s
    starts = sorted({zero, *named, *(event.start_s for event in report.events)})
    firsts = [(start, 1e9) for start in starts] + [(-1e9, start) for start in starts]
    within = [(zero, zero + number) for number in named]
    between = [(min(named), max(named))] if len(named) > 1 else []
    return [(-1e9, 1e9), *firsts, *within, *between]
