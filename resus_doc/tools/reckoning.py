"""Numbers that a question asks for: counts, totals, shares, pauses, intervals, order; each held against a limit if asked.

What the report has measured is taken from there, with its range; the rest is worked out from the events here.
"""

from collections.abc import Sequence

from resus_doc.schema import Activity, Event, Measure, Range, Report, Span, Unit
from resus_doc.tools import intervals, ppv
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.queries import (
    PLACES,
    cannot_tell,
    capital,
    events_of,
    measure,
    name_of,
    not_found,
    related,
    spans_of,
    where_of,
)

_INTERVAL = "how long from suction to the first PPV"
TOLD = 6
"""Pauses or stretches told one by one."""
SHORTEST_S = 0.1
"""A shorter stretch is two edges that were meant to meet."""
RANGE_FROM_S = 2.0
"""A range narrower than the detector's window is not told: it changes nothing for a debrief."""


def count_events(
    report: Report,
    activity: Activity | None = None,
    *,
    rel: str | None = None,
    other: Activity | None = None,
    that: Sequence[Span] | None = None,
    threshold: Threshold | None = None,
    number: float | None = None,
    to: float | None = None,
) -> Found:
    """How many stretches the activity has, in all or beside another one."""
    narrowed = rel is not None or number is not None
    events = related(report, activity, rel=rel, other=other, that=that, number=number, to=to)
    measured = measure(report, activity, "{}_count")
    unknown = cannot_tell(report, activity)
    if not events and (unknown or not (narrowed or (measured and measured.value is not None))):
        return Found(statements=(unknown or not_found(report, activity),))
    cites = tuple(event.id for event in events) or ((measured.id,) if measured else ())
    name, where = name_of(activity), where_of(report, rel, other, that, number, to)
    if threshold is not None and not threshold.is_time:
        quantity = Quantity(value=len(events), unit="count", range=None if narrowed else _range(measured))
        said = compared(f"the number of stretches of {name}{where.text}", quantity, threshold, cites, where.numbers)
    else:
        verb = "were" if activity == "chest_compressions" else "was"
        text = f"{capital(name)} {verb} seen {{}} {'time' if len(events) == 1 else 'times'}{where.text}."
        said = Statement(text=text, numbers=(Quantity(value=len(events), unit="count"), *where.numbers), cites=cites)
    return Found(
        statements=(said,), measures=() if narrowed or measured is None else (measured,), spans=spans_of(events)
    )


def time_to_first(report: Report, activity: Activity | None = None, *, threshold: Threshold | None = None) -> Found:
    """The interval from time zero to the first event, with that event."""
    events = events_of(report, activity)[:1]
    if not events:
        return Found(statements=(not_found(report, activity),))
    first, zero = events[0], report.time_zero
    measured = measure(report, activity, "time_to_first_{}")
    cites = (first.id, *((measured.id,) if measured else ()))
    value = first.start_s - zero.t_s
    span = _range(measured)
    name = capital(name_of(activity if activity != "ventilation" else first.activity))
    found = Found(events=events, measures=(measured,) if measured else (), spans=spans_of(events))
    if threshold is not None and threshold.is_time:
        quantity = Quantity(value=value, unit="s", range=span)
        if first.censored_start:
            text = f"{name} was already under way at the start of the video, so its true start was not seen."
            return found._replace(statements=(Statement(text=text, cites=cites),))
        subject = f"the time from {zero.name} to the first {name_of(activity)}"
        return found._replace(statements=(compared(subject, quantity, threshold, cites),))
    if first.censored_start:
        said = Statement(text=f"{name} was already under way at the start of the video.", cites=cites)
    else:
        side = "before" if value < 0 else "after"
        numbers: tuple[Quantity, ...] = (Quantity(value=abs(value), unit="s"),)
        more, numbers = ranged("", numbers, span if value >= 0 else None)
        began = "The baby first came into view" if activity == "baby_visible" else f"{name} first started"
        said = Statement(text=f"{began} {{}} {side} {zero.name}{more}.", numbers=numbers, cites=cites)
    further = (_from_table(report, activity), _first_ppv(report) if activity == "ventilation" else None)
    return found._replace(statements=(said, *(each for each in further if each is not None)))


def _from_table(report: Report, activity: Activity | None) -> Statement | None:
    """The same interval from arrival on the table, where that was seen and times count from birth."""
    measured = measure(report, activity, "time_to_first_{}_from_table")
    if measured is None or measured.value is None or report.time_zero.source == "table_arrival":
        return None
    text, numbers = ranged("", (Quantity(value=measured.value, unit="s"),), _range(measured))
    return Statement(text=f"That is {{}} after arrival on the table{text}.", numbers=numbers, cites=_cited(measured))


def _first_ppv(report: Report) -> Statement | None:
    """By "ventilation" some mean mask support of any kind, some PPV: where CPAP came first, PPV is told too."""
    first, ppv = events_of(report, "ventilation")[:1], events_of(report, "ppv")[:1]
    if not ppv or first[0].activity == "ppv":
        return None
    return time_to_first(report, "ppv").statements[0]


def total_time(
    report: Report,
    activity: Activity | None = None,
    *,
    rel: str | None = None,
    other: Activity | None = None,
    that: Sequence[Span] | None = None,
    threshold: Threshold | None = None,
    number: float | None = None,
    to: float | None = None,
) -> Found:
    """How long the activity lasted in all, or within, before, after or during something."""
    narrowed = rel is not None or number is not None
    events = related(report, activity, rel=rel, other=other, that=that, number=number, to=to)
    measured = measure(report, activity, "{}_total")
    unknown = cannot_tell(report, activity)
    if not events and (unknown or not narrowed):
        return Found(statements=(unknown or not_found(report, activity),))
    spans = intervals.clean(Span(event.start_s, event.end_s) for event in events)
    limits = _limits(report, rel, other, that, number, to)
    value = intervals.length(spans if limits is None else intervals.intersect(spans, limits))
    span = None if narrowed else _range(measured)
    cites = tuple(event.id for event in events) + ((measured.id,) if measured and not narrowed else ())
    where = where_of(report, rel, other, that, number, to)
    cut = any(event.censored_start or event.censored_end for event in events) and not narrowed
    if threshold is not None and threshold.is_time:
        quantity = Quantity(value=value, unit="s", range=span)
        said = compared(f"the total time of {name_of(activity)}{where.text}", quantity, threshold, cites, where.numbers)
    else:
        more, numbers = ranged("", (Quantity(value=value, unit="s"), *where.numbers), span)
        least = "at least " if cut else ""
        verb = "were" if activity == "chest_compressions" else "was"
        seen = f"{capital(name_of(activity))} {verb} seen"
        if activity == "baby_visible":
            seen = "The baby was in view"
        text = f"{seen} for {least}{{}} in total{where.text}{more}."
        said = Statement(text=text, numbers=numbers, cites=cites or _cited(measured))
    return Found(
        statements=(said,), measures=() if narrowed or measured is None else (measured,), spans=spans_of(events)
    )


def fraction(
    report: Report,
    activity: Activity | None = None,
    *,
    number: float | None = None,
) -> Found:
    """Which part of the observed time, or of the first seconds after time zero, the activity took."""
    events = events_of(report, activity)
    if not events:
        return Found(statements=(not_found(report, activity),))
    observed = timeline_of(report).observed
    zero = report.time_zero
    numbers: tuple[Quantity, ...] = ()
    whole, took = "the time in which the baby was in view", f"{capital(name_of(activity))} took"
    if activity == "baby_visible":
        observed = tuple(Span(each.start_s, each.start_s + each.duration_s) for each in report.recordings)
        observed = observed or (Span(0.0, report.video.duration_s),)
        whole = "the recordings" if report.recordings else "the recording"
        took = "The baby was in view for"
    if number is not None:
        observed = (Span(zero.t_s, zero.t_s + number),)
        whole, numbers = f"the first {{}} after {zero.name}", (Quantity(value=number, unit="s"),)
    length_s = intervals.length(observed)
    if length_s <= 0:
        return Found(statements=(not_found(report, activity),))
    share = intervals.overlap_s((Span(e.start_s, e.end_s) for e in events), observed) / length_s
    cites = tuple(event.id for event in events)
    quantity = Quantity(value=share, unit="fraction")
    said = Statement(text=f"{took} {{}} of {whole}.", numbers=(quantity, *numbers), cites=cites)
    measured = measure(report, activity, f"{{}}_fraction_first_{number:g}s") if number else None
    return Found(statements=(said,), measures=(measured,) if measured else (), spans=spans_of(events))


def pauses(
    report: Report, activity: Activity | None = None, *, which: str | None = None, threshold: Threshold | None = None
) -> Found:
    """The pauses of PPV, as the report counts them; of another activity, the gaps between its stretches."""
    if activity in (None, "ppv", "ventilation"):
        return _ppv_pauses(report, which, threshold)
    events = events_of(report, activity)
    if not events:
        return Found(statements=(not_found(report, activity),))
    gaps = intervals.gaps(Span(event.start_s, event.end_s) for event in events)
    cites = tuple(event.id for event in events)
    return _stretches(report, "gap", f"between stretches of {name_of(activity)}", gaps, cites, which, threshold)


def _ppv_pauses(report: Report, which: str | None, threshold: Threshold | None) -> Found:
    timeline = timeline_of(report)
    names = ("ppv_pause_count", "ppv_pause_longest", "ppv_pause_total")
    measures = tuple(each for each in report.measures if each.name in names)
    if "ppv" not in timeline.covered or not timeline.of("ppv"):
        return Found(statements=(not_found(report, "ppv"),), measures=measures)
    found = [pause for pause in ppv.pauses(timeline) if pause.counts.value]
    cites = tuple(dict.fromkeys(name for pause in found for name in pause.events))
    spans = tuple(pause.seen for pause in found)
    cites = (*cites, *(each.id for each in measures))
    longest, count = (_range(measure(report, None, name)) for name in ("ppv_pause_longest", "ppv_pause_count"))
    told = _stretches(report, "pause", "of PPV", spans, cites, which, threshold, longest=longest, count=count)
    return told._replace(measures=measures)


def idle(report: Report, *, which: str | None = None, threshold: Threshold | None = None) -> Found:
    """The stretches with the baby in view in which none of the recognised activities was seen."""
    timeline = timeline_of(report)
    done = intervals.clean(Span(e.start_s, e.end_s) for e in report.events if e.activity != "baby_visible")
    spans = tuple(
        span for span in intervals.subtract(timeline.observed, done) if span.end_s - span.start_s >= SHORTEST_S
    )
    measures = tuple(each for each in report.measures if each.name == "no_activity_total")
    cites = tuple(each.id for each in measures)
    found = _stretches(report, "stretch", "without a recognised activity", spans, cites, which, threshold)
    return found._replace(measures=measures)


def _stretches(
    report: Report,
    noun: str,
    of: str,
    spans: Sequence[Span],
    cites: tuple[str, ...],
    which: str | None,
    threshold: Threshold | None,
    *,
    longest: Range | None = None,
    count: Range | None = None,
) -> Found:
    """How many stretches of time there are, the longest, and each; or one of them, or those beyond a limit.

    `longest` and `count` are the ranges of these two numbers, where the record has them.
    """
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    if not spans:
        return Found(statements=(Statement(text=f"No {noun} {of} was seen.", cites=cites),))
    lengths = [span.end_s - span.start_s for span in spans]
    if threshold is not None:
        quantity = (
            Quantity(value=max(lengths), unit="s", range=longest)
            if threshold.is_time
            else Quantity(value=len(spans), unit="count", range=count)
        )
        subject = f"the longest {noun} {of}" if threshold.is_time else f"the number of {plural} {of}"
        kept = [span for span in spans if not threshold.is_time or threshold.holds(span.end_s - span.start_s)]
        some: tuple[Statement, ...] = (compared(subject, quantity, threshold, cites),)
        if threshold.is_time:
            text = f"{{}} of {{}} {plural} {'were longer than' if threshold.sign == '>' else 'took at most'} {{}}."
            counts = tuple(Quantity(value=number, unit="count") for number in (len(kept), len(spans)))
            limit = Quantity(value=threshold.value, unit="s")
            some += (Statement(text=text, numbers=(*counts, limit), cites=cites),)
        return Found(statements=some, spans=tuple(kept))
    chosen = _picked_span(spans, which)
    if which and not chosen:
        text = f"There is no {which} {noun} {of}; there are {{}}."
        return Found(
            statements=(Statement(text=text, numbers=(Quantity(value=len(spans), unit="count"),), cites=cites),)
        )
    if which:
        span = chosen[0]
        return Found(statements=(_told(report, f"the {which} {noun} {of}", span, cites),), spans=(span,))
    one = len(spans) == 1
    text = f"There {'was' if one else 'were'} {{}} {noun if one else plural} {of}; the longest took {{}}, all together {{}}."
    head = Statement(
        text=text,
        numbers=(
            Quantity(value=len(spans), unit="count"),
            Quantity(value=max(lengths), unit="s"),
            Quantity(value=sum(lengths), unit="s"),
        ),
        cites=cites,
    )
    each = tuple(_told(report, f"the {PLACES[place]} {noun}", span, cites) for place, span in enumerate(spans[:TOLD]))
    return Found(statements=(head, *each), spans=tuple(spans))


def _picked_span(spans: Sequence[Span], which: str | None) -> tuple[Span, ...]:
    if which in ("longest", "shortest"):
        return ((max if which == "longest" else min)(spans, key=lambda span: span.end_s - span.start_s),)
    if which == "last":
        return (spans[-1],)
    return tuple(spans) if which is None else tuple(spans[PLACES.index(which) : PLACES.index(which) + 1])


def _told(report: Report, subject: str, span: Span, cites: tuple[str, ...]) -> Statement:
    zero = report.time_zero
    side = "before" if span.start_s < zero.t_s else "after"
    return Statement(
        text=f"{capital(subject)} started {{}} {side} {zero.name} and lasted {{}}.",
        numbers=(
            Quantity(value=abs(span.start_s - zero.t_s), unit="s"),
            Quantity(value=span.end_s - span.start_s, unit="s"),
        ),
        cites=cites,
    )


# --- two activities


def interval(
    report: Report, activity: Activity | None, *, other: Activity | None = None, threshold: Threshold | None = None
) -> Found:
    """The time from the first stretch of one activity, its start and its end, to the first start of another."""
    if activity is None or other is None:
        asked = Statement(text="Between which two activities? For example: [].", quotes=(_INTERVAL,))
        return Found(statements=(asked,))
    missing = next((name for name in (activity, other) if not events_of(report, name)), None)
    if missing is not None:
        return Found(statements=(not_found(report, missing),))
    first, second = events_of(report, activity)[0], events_of(report, other)[0]
    cites = (first.id, second.id)
    value = second.start_s - first.start_s
    names = (name_of(activity), name_of(other))
    if threshold is not None and threshold.is_time:
        subject = f"the time from the first start of {names[0]} to the first start of {names[1]}"
        said = compared(subject, Quantity(value=abs(value), unit="s"), threshold, cites)
        return Found(statements=(said,), spans=spans_of((first, second)))
    side = "after" if value >= 0 else "before"
    head = Statement(
        text=f"{capital(names[1])} first started {{}} {side} {names[0]} first started.",
        numbers=(Quantity(value=abs(value), unit="s"),),
        cites=cites,
    )
    after_end = second.start_s - first.end_s
    tail = Statement(
        text=f"That is {{}} after the end of that stretch of {names[0]}."
        if after_end >= 0
        else f"It started while that stretch of {names[0]} was still under way.",
        numbers=(Quantity(value=after_end, unit="s"),) if after_end >= 0 else (),
        cites=cites,
    )
    return Found(statements=(head, tail) if value >= 0 else (head,), spans=spans_of((first, second)))


def order(report: Report, activity: Activity | None = None, *, other: Activity | None = None) -> Found:
    """Which of two activities started first, or the order in which all of them first started."""
    if activity is not None and other is not None:
        found = interval(report, activity, other=other)
        if len(found.spans) < 2:
            return found
        first, second = events_of(report, activity)[0], events_of(report, other)[0]
        names = (name_of(activity), name_of(other))
        if abs(second.start_s - first.start_s) < 0.001:
            text = f"{capital(names[0])} and {names[1]} first started at the same time."
        else:
            earlier, later = names if first.start_s < second.start_s else names[::-1]
            text = f"{capital(earlier)} came first, then {later}."
        head = Statement(text=text, cites=(first.id, second.id))
        return found._replace(statements=(head, found.statements[0]))
    firsts: dict[str, Event] = {}
    for event in events_of(report, None):
        firsts.setdefault(event.activity, event)
    if not firsts:
        return Found(statements=(not_found(report, None),))
    listed = ", then ".join(name_of(event.activity) for event in firsts.values())
    text = f"In order of their first start: {listed}."
    said = Statement(text=text, cites=tuple(event.id for event in firsts.values()))
    return Found(events=tuple(firsts.values()), statements=(said,), spans=spans_of(tuple(firsts.values())))


# --- wording that all share


def compared(
    subject: str,
    quantity: Quantity,
    threshold: Threshold,
    cites: tuple[str, ...],
    between: tuple[Quantity, ...] = (),
) -> Statement:
    """Whether a number is below or above a limit; too close to call where its range lies on both sides.

    `between` are numbers in the subject's own words.
    """
    held = threshold.judge(quantity.value, quantity.range)
    unit: Unit = "s" if threshold.is_time else "count"
    limit = Quantity(value=threshold.value, unit=unit)
    value = quantity.model_copy(update={"limit": threshold.value, "range": None})
    if held is None and quantity.range is not None:
        low, high = (Quantity(value=max(edge, 0.0), unit=unit) for edge in quantity.range)
        text = (
            f"Too close to call: {subject} was {{}}, somewhere between {{}} and {{}}, and the limit asked for is {{}}."
        )
        return Statement(text=text, numbers=(*between, value, low, high, limit), cites=cites)
    more = (threshold.sign == ">") == bool(held)
    text = f"{'Yes' if held else 'No'}: {subject} was {{}}, {'more than' if more else 'not more than'} {{}}."
    return Statement(text=text, numbers=(*between, value, limit), cites=cites)


def ranged(text: str, numbers: tuple[Quantity, ...], span: Range | None) -> tuple[str, tuple[Quantity, ...]]:
    """The words and numbers of a range that is worth telling."""
    if span is None or span[1] - span[0] < RANGE_FROM_S or span[0] < 0:
        return text, numbers
    edges = tuple(Quantity(value=edge, unit=numbers[0].unit) for edge in span)
    return f"{text} (somewhere between {{}} and {{}})", (*numbers, *edges)


def _limits(
    report: Report,
    rel: str | None,
    other: Activity | None,
    that: Sequence[Span] | None,
    number: float | None,
    to: float | None,
) -> tuple[Span, ...] | None:
    """The time that counts; None for all of it."""
    end_s = report.video.duration_s
    if rel == "within" and number is not None:
        return (Span(report.time_zero.t_s, report.time_zero.t_s + number),)
    spans = tuple(that or (Span(e.start_s, e.end_s) for e in events_of(report, other))) if that or other else ()
    if number is not None and not spans:
        if to is None and rel in (None, "during"):
            return None  # a moment has no length: what is under way then counts whole
        spans = (Span(number, number) if to is None else Span(min(number, to), max(number, to)),)
        if rel is None:
            return spans
    if not spans:
        return None
    if rel == "before":
        return (Span(0.0, spans[0].start_s),)
    return (Span(spans[0].start_s, end_s),) if rel == "after" else intervals.clean(spans)


def _cited(measured: Measure | None) -> tuple[str, ...]:
    return (measured.id,) if measured else ()


def _range(measured: Measure | None) -> Range | None:
    return measured.range if measured is not None else None
