"""From a call that a language model wrote to a tool's typed arguments, and to its result.

What the model copied from the question ("two-minute", `2:10`, `F2`) becomes seconds and ids here; what it chose is taken as it
is. A tool that lacks an argument asks for it in its result. Of the question itself only a few words are read here: the clock on
which its moments count (`asked_clock`), whether it asks for an end or for a verdict on a time (`said`), and what guideline
passages are searched with.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from resus_doc.agent import asked_clock, said
from resus_doc.agent.tool_choice import ToolCall, plain
from resus_doc.errors import InputRefused
from resus_doc.loading import LOADING
from resus_doc.schema import ACTIVITY_NAMES, Activity, Report, Span
from resus_doc.settings import Settings
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import has_video
from resus_doc.tools.clock import number_phrases, phrase_value
from resus_doc.tools.origins import VIDEO, Clock, Origin, origin_of
from resus_doc.tools.registry import TOOLS

TIMED = ("time_to_first", "total_time", "interval", "idle", "list_events")
"""What these compare is always a time: "within 60" means seconds."""
RELATED = ("list_events", "count_events", "total_time")
_ABOUT_THE_END = {**{name: name for name in RELATED}, "time_to_first": "count_events", "fraction": "total_time"}
"""Which tool answers a question about the last seconds of the video, by the one that was chosen."""


_ITSELF = "0 s"
"""The moment from which a clock counts."""


@dataclass
class Desk:
    """What the tools of one conversation work on. `folder` is None for a bare file of events."""

    report: Report
    settings: Settings
    folder: Path | None = None


def carry_out(call: ToolCall, question: str, desk: Desk, that: Sequence[Span]) -> Found:
    """The result of a call. `that` are the stretches that the answer before spoke of.

    Raises:
        ResusDocError: the tool cannot work, for example because the video is gone.
    """
    call = _beside_clock(call, question)
    if call.other == "that" and not that:
        return _ask("What does that refer to? No stretch of the video was spoken of before.")
    if call.over == "cases":
        return _over_cases(call, desk)
    if (length_s := _last_seconds(call, question)) is not None and has_video(desk.report):
        tool, end_s = TOOLS[_ABOUT_THE_END[call.name]], desk.report.video.duration_s
        return _found(tool(desk.report, call.activity, number=max(0.0, end_s - length_s), to=end_s))
    if call.name in ("time_to_first", "interval") and _is_of_unknown_birth(question, desk.report):
        return _without_limit(call, question, desk, that, _unknown_birth(desk.report))
    if (
        call.name in ("time_to_first", "interval")
        and call.sign is not None
        and _is_of_another_clock(question, desk.report)
    ):
        told = Statement(text=f"A limit can be held only against times from {desk.report.time_zero.name}.")
        return _without_limit(call, question, desk, that, told)
    if _moments(call, question, desk.report).is_lost:
        return _without_origin(call, question, desk, that)
    return _carried_out(call, question, desk, that)


def _beside_clock(call: ToolCall, question: str) -> ToolCall:
    """The call of a question like "what happened before arrival?", for which the grammar has no form but one with an activity."""
    line = plain(question)
    if call.name not in RELATED or call.rel not in ("before", "after"):
        return call
    others = {"before", "after"} & set(said.offered("rel", asked_clock.without_clock(line)))
    if asked_clock.clock_of(line) is None or others or number_phrases(line):
        return call
    return call.model_copy(update={"other": None, "number": _ITSELF})


def _without_limit(call: ToolCall, question: str, desk: Desk, that: Sequence[Span], why: Statement) -> Found:
    """The time that a question would hold against a limit, behind the reason why it cannot be."""
    found = _carried_out(call.model_copy(update={"sign": None, "number": None}), question, desk, that)
    return found._replace(statements=(why, *found.statements))


def _is_of_another_clock(question: str, report: Report) -> bool:
    """Whether the question counts from something else than the report's times do."""
    clock = asked_clock.clock_of(plain(question))
    origin = None if clock is None else origin_of(report, clock)
    return clock is not None and (origin is None or origin.t_s != report.time_zero.t_s)


def _unknown_birth(report: Report) -> Statement:
    return Statement(text=f"The time of birth is not known; times count from {report.time_zero.name}.")


class _Moments(NamedTuple):
    """What a call looks at, in seconds after the origin that the question names; before it where they are negative.

    `clock` is None where the question names none, `origin` also where the case does not know it.
    """

    clock: Clock | None
    origin: Origin | None
    number: float | None
    to: float | None

    @property
    def is_lost(self) -> bool:
        """Whether the question counts from what is not known."""
        return self.clock is not None and self.origin is None


def _moments(call: ToolCall, question: str, report: Report) -> _Moments:
    looks = call.number is not None and call.sign is None and call.name in (*RELATED, "fraction", "show", "look_again")
    line = plain(question)
    clock = asked_clock.clock_of(line) if looks else None

    def counted(phrase: str | None) -> float | None:
        if phrase is None:
            return None
        backwards = clock is not None and asked_clock.is_before(line, phrase)
        return -phrase_value(phrase) if backwards else phrase_value(phrase)

    origin = None if clock is None else origin_of(report, clock)
    return _Moments(clock, origin, counted(call.number), counted(call.to))


def _without_origin(call: ToolCall, question: str, desk: Desk, that: Sequence[Span]) -> Found:
    """That the origin a question names is not known; the first seconds from time zero are told instead, as such."""
    if _moments(call, question, desk.report).clock == "birth":
        unknown = _unknown_birth(desk.report)
        if call.rel == "within" or call.name == "fraction":
            found = _carried_out(call, question, desk, that)
            return found._replace(statements=(unknown, *found.statements))
        return Found(statements=(Statement(text=f"I cannot look there. {unknown.text}"),))
    text = f"I cannot look there. No arrival on the table was seen; times count from {desk.report.time_zero.name}."
    return Found(statements=(Statement(text=text),))


def _last_seconds(call: ToolCall, question: str) -> float | None:
    """How long the last stretch of the video is that a question is about; None where it is about none."""
    phrase = call.number
    if phrase is None or call.name not in _ABOUT_THE_END or not any(map(str.isalpha, _after_words(phrase))):
        return None
    last = re.search(rf"\b(?:last|final) {re.escape(phrase)}", question.lower())
    return phrase_value(phrase) if last or phrase.startswith("last") else None


def _is_of_unknown_birth(question: str, report: Report) -> bool:
    """Whether a question counts from birth in a case that does not: nothing is held against a limit from there."""
    return report.time_zero.source != "given" and re.search("birth|born|deliver", question.lower()) is not None


def _carried_out(call: ToolCall, question: str, desk: Desk, that: Sequence[Span]) -> Found:
    special = {
        "search_passages": _search,
        "show": _show,
        "look_again": _look_again,
        "what_if": _what_if,
        "rules": _rules,
        "evidence": _evidence,
    }
    if call.name in special:
        return special[call.name](call, question, desk, that)
    if (late := _too_late(call, question, desk.report)) is not None:
        return late
    tool, activity = TOOLS[call.name], call.activity
    if call.name in RELATED:
        place = _place(call, question, desk.report, that)
        found = _found(tool(desk.report, activity, **place, **_chosen(call), threshold=_threshold(call)))
        return _with_ends(found, call, question, desk.report)
    if call.name == "fraction":
        seconds = None if call.number is None or _is_share(call.number) else phrase_value(call.number)
        return _found(tool(desk.report, activity, number=seconds, origin=_moments(call, question, desk.report).origin))
    if call.name in ("pauses", "idle"):
        subject = () if call.name == "idle" else (activity,)
        return _found(tool(desk.report, *subject, which=call.which, threshold=_threshold(call)))
    if call.name in ("summary", "about"):
        return _found(tool(desk.report))
    arguments: dict[str, Any] = {}
    if call.name in ("interval", "order"):
        arguments["other"] = call.other
    if call.name in ("interval", "time_to_first"):
        arguments["threshold"] = _threshold(call)
    if call.name in ("findings", "why"):
        arguments["verdict"] = call.verdict
    if call.name == "why":
        arguments["entry"] = call.id
    found = _found(tool(desk.report, activity, **arguments))
    if call.name == "time_to_first" and said.asks_if_in_time(plain(question)):
        return _with_verdict(found, activity, desk.report)
    return found


def _with_ends(found: Found, call: ToolCall, question: str, report: Report) -> Found:
    """The same with the ends of the stretches first, where the question asks when something stopped."""
    beside = call.rel or call.number or call.sign
    if call.name != "list_events" or call.activity is None or beside or not said.asks_for_end(plain(question)):
        return found
    from resus_doc.tools.ends import told_ends

    return found._replace(statements=(*told_ends(report, call.activity, found.events), *found.statements))


def _with_verdict(found: Found, activity: Activity | None, report: Report) -> Found:
    """The same with the findings that judge the time to the first event."""
    from resus_doc.tools.record import judging_first

    judged = judging_first(report, activity)
    return found._replace(findings=judged.findings, statements=(*found.statements, *judged.statements))


def _found(result: Any) -> Found:
    assert isinstance(result, Found)
    return result


def _ask(text: str, *examples: str) -> Found:
    """A short question back; `[]` in it are the examples."""
    return Found(statements=(Statement(text=text, quotes=examples),))


def _is_share(phrase: str) -> bool:
    """Whether a phrase is a share: "50 %" are not the first 50 s."""
    return phrase.endswith(("%", "percent", "per cent"))


def _threshold(call: ToolCall) -> Threshold | None:
    if call.sign is None or call.number is None:
        return None
    is_time = call.name in TIMED or any(sign.isalpha() or sign == ":" for sign in _after_words(call.number))
    return Threshold(call.sign, phrase_value(call.number), is_time)


def _after_words(phrase: str) -> str:
    """What is left of a phrase without the words of a number: its unit."""
    from resus_doc.tools.clock import NUMBER_WORDS

    return " ".join(word for word in phrase.replace("-", " ").split() if word not in NUMBER_WORDS)


def _place(call: ToolCall, question: str, report: Report, that: Sequence[Span]) -> dict[str, Any]:
    """Where in the video the call looks. The "after" of "0:52 after arrival" names a clock and is no relation."""
    compared, asked = call.sign is not None, _moments(call, question, report)
    is_clock = (
        asked.clock is not None
        and call.number != _ITSELF
        and call.rel not in said.offered("rel", asked_clock.without_clock(plain(question)))
    )
    return {
        "rel": None if is_clock and call.rel in ("before", "after") else call.rel,
        "other": None if call.other == "that" else call.other,
        "that": tuple(that) if call.other == "that" else None,
        "number": None if compared else asked.number,
        "to": None if compared else asked.to,
        "origin": asked.origin,
    }


def _chosen(call: ToolCall) -> dict[str, Any]:
    return {"which": call.which} if call.name == "list_events" else {}


def _too_late(call: ToolCall, question: str, report: Report) -> Found | None:
    asked = _moments(call, question, report)
    origin, moment = asked.origin or VIDEO, asked.number
    end_s = report.video.duration_s - origin.t_s
    compared = call.sign is not None or call.rel == "within"
    if moment is None or moment <= end_s or compared or call.name not in RELATED:
        return None
    at, numbers = origin.named(moment)
    text = "The video lasts only {}" if origin == VIDEO else f"The video ends at {{}} after {origin.name}"
    text = f"{text}, so it shows nothing at {at}."
    if not has_video(report):
        end = "{}" if origin == VIDEO else f"{{}} after {origin.name}"
        text = f"I cannot tell: the last event of this record ends at {end}, and nothing is known of {at}."
    return Found(statements=(Statement(text=text, numbers=(Quantity(value=end_s, unit="s"), *numbers)),))


# --- tools that need more than the report


_SPOKEN_OF: dict[Activity, tuple[str, ...]] = {
    "ppv": ("ppv", "positive-pressure", "ventilat", "inflation"),
    "cpap": ("cpap", "continuous positive"),
    "ventilation": ("ventilat", "inflation", "ppv", "cpap", "mask"),
    "stimulation": ("stimulat", "drying"),
    "suction": ("suction",),
    "chest_compressions": ("compression",),
}
"""Beginnings of words by which a passage, or a question, speaks of an activity."""


def named(question: str) -> tuple[Activity, ...]:
    """The activities that a question names; one of ventilation without PPV or CPAP in it names mask support of any kind.

    The view of the baby counts only where it is named itself: of the baby nearly every question speaks.
    """
    line = question.lower()
    found = [activity for activity, words in _SPOKEN_OF.items() if any(word in line for word in words)]
    if "ventilation" in found:
        told_apart = any(word in line for word in ("ppv", "positive", "cpap", "continuous"))
        left_out = ("ventilation",) if told_apart else ("ppv", "cpap")
        found = [activity for activity in found if activity not in left_out]
    return (*(("baby_visible",) if re.search(r"\bview\b|visible", line) else ()), *found)


def _search(call: ToolCall, question: str, desk: Desk, _: Sequence[Span]) -> Found:
    """The nearest passages; where none speaks of the activity that was asked about, that is told first."""
    words = "" if call.activity is None else ACTIVITY_NAMES[call.activity]
    found = _found(
        TOOLS["search_passages"](desk.report, f"{question} {words}", desk.settings.data, profile=call.profile)
    )
    texts = " ".join(f"{passage.title} {passage.text}".lower() for passage in found.passages)
    if call.activity not in _SPOKEN_OF or any(word in texts for word in _SPOKEN_OF[call.activity]):
        return found
    silent = Statement(text=f"None of the passages found speaks of {words}; these are the nearest.")
    return found._replace(statements=(silent, *found.statements))


def _evidence(call: ToolCall, _q: str, desk: Desk, _: Sequence[Span]) -> Found:
    return _found(TOOLS["evidence"](desk.report, call.activity, entry=call.id))


def _rules(call: ToolCall, _q: str, desk: Desk, _: Sequence[Span]) -> Found:
    return _found(TOOLS["rules"](desk.report, call.activity, profile_id=call.profile, data=desk.settings.data))


def _what_if(call: ToolCall, _q: str, desk: Desk, _: Sequence[Span]) -> Found:
    return _found(
        TOOLS["what_if"](
            desk.report,
            call.activity,
            shift=call.shift,
            number=None if call.number is None else phrase_value(call.number),
            profile_id=call.profile,
            data=desk.settings.data,
        )
    )


def _over_cases(call: ToolCall, desk: Desk) -> Found:
    from resus_doc.tools.across import siblings

    reports, left_out = siblings(desk.folder) if desk.folder is not None else ([], 0)
    threshold = _threshold(call)
    return _found(TOOLS["compare_cases"](reports, call.name, call.activity, threshold=threshold, left_out=left_out))


def _stretch(call: ToolCall, question: str, desk: Desk, that: Sequence[Span]) -> Span | None:
    """The stretch of the video that the call names; a moment is a stretch without length."""
    from resus_doc.tools.queries import events_of, picked

    if call.number is not None:
        asked = _moments(call, question, desk.report)
        origin = asked.origin or VIDEO
        moments = [origin.t_s + edge for edge in (asked.number, asked.to) if edge is not None]
        return Span(min(moments), max(moments))
    if call.other == "that":
        return Span(*that[0])
    events = picked(events_of(desk.report, call.activity), call.which or "first")
    if call.activity is None or not events:
        return None
    return Span(events[0].start_s, events[0].end_s)


def _asked_at(call: ToolCall, question: str, report: Report) -> tuple[str, tuple[Quantity, ...]]:
    """Words in brackets for the moments as the question counts them, where that is not the video's clock; else nothing."""
    asked = _moments(call, question, report)
    if asked.origin is None or asked.origin == VIDEO or asked.number is None:
        return "", ()
    text, numbers = asked.origin.named(asked.number, asked.to)
    return f" ({text})", numbers


def _show(call: ToolCall, question: str, desk: Desk, that: Sequence[Span]) -> Found:
    from resus_doc.tools.queries import not_found
    from resus_doc.tools.show import AROUND_S

    span = _stretch(call, question, desk, that)
    if span is None:
        if call.activity is None:
            return _ask("What should be shown? For example: [] or [].", "show me 1:10", "show the second suction")
        return Found(statements=(not_found(desk.report, call.activity),))
    folder, (also, numbers) = _folder(desk, "shown"), _asked_at(call, question, desk.report)
    if span.start_s == span.end_s:
        path = TOOLS["show_frame"](folder, desk.report, span.start_s)
        told = Statement(
            text=f"The picture at {{}} of the video{also} is in []",
            numbers=(_at(span.start_s), *numbers),
            quotes=(str(path),),
        )
        return Found(statements=(told,), spans=((span.start_s, span.end_s),), files=(str(path),))
    around = AROUND_S if call.number is None else 0.0
    path = TOOLS["show"](folder, desk.report, span.start_s - around, span.end_s + around)
    events = _events_at(desk.report, call.activity, span)
    told = Statement(
        text=f"A clip around {{}} to {{}} of the video{also} is in []",
        numbers=(_at(span.start_s), _at(span.end_s), *numbers),
        quotes=(str(path),),
        cites=events,
    )
    return Found(statements=(told,), spans=((span.start_s, span.end_s),), files=(str(path),))


def _events_at(report: Report, activity: Activity | None, span: Span) -> tuple[str, ...]:
    from resus_doc.tools.queries import events_of

    return tuple(
        event.id for event in events_of(report, activity) if event.start_s < span.end_s and span.start_s < event.end_s
    )


def _at(t_s: float) -> Quantity:
    return Quantity(value=t_s, unit="s")


def _folder(desk: Desk, what: str) -> Path:
    if desk.folder is None:
        raise InputRefused(
            f"This is a bare file of events without a video, so nothing can be {what}.",
            "Make a case of the video with resus-doc report VIDEO --annotations FILE.",
        )
    return desk.folder


def _look_again(call: ToolCall, question: str, desk: Desk, that: Sequence[Span]) -> Found:
    from resus_doc.tools.look_again import beside

    span = _stretch(call, question, desk, that)
    folder = _folder(desk, "looked at again")
    if span is None:
        return _ask("Where should I look again? For example: [].", "look again between 0:30 and 0:50")
    with LOADING:
        from resus_doc.models.detector import Detector

        detector = Detector.load(desk.settings.detector, device=desk.settings.device)
    looked, steps, events = TOOLS["look_again"](folder, desk.report, span, detector)
    found = beside(desk.report, looked, steps, events, call.activity)
    also, numbers = _asked_at(call, question, desk.report)
    if not also:
        return found
    at, of_video = VIDEO.named(*([span.start_s] if span.start_s == span.end_s else span))
    read = Statement(text=f"The time asked for is {at}{also}.", numbers=(*of_video, *numbers))
    return found._replace(statements=(read, *found.statements))
