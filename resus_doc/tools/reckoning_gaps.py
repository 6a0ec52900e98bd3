"""Pauses of PPV, gaps of other activities, and idle stretches: how many, how long, and each of them."""

import math
from collections.abc import Iterator, Sequence

from resus_doc.schema import Activity, Report
from resus_doc.tools import gaps, ppv
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.extent import Bounds
from resus_doc.tools.gaps import Gap
from resus_doc.tools.queries import (
    PLACES,
    WORTH_TELLING_S,
    cannot_tell,
    capital,
    events_of,
    name_of,
    not_found,
)
from resus_doc.tools.reckoning_words import compared, ranged

TOLD = 6
"""Pauses or stretches told one by one."""


def pauses(
    report: Report, activity: Activity | None = None, *, which: str | None = None, threshold: Threshold | None = None
) -> Found:
    """The pauses of PPV, as the report counts them; of another activity, the gaps between its stretches."""
    if activity in (None, "ppv", "ventilation"):
        return _ppv_pauses(report, which, threshold)
    events = events_of(report, activity)
    if not events:
        return Found(statements=(not_found(report, activity),))
    found = gaps.between(timeline_of(report), events)
    cites = tuple(event.id for event in events)
    return _stretches(report, "gap", f"between stretches of {name_of(activity)}", found, cites, which, threshold)


def _ppv_pauses(report: Report, which: str | None, threshold: Threshold | None) -> Found:
    timeline = timeline_of(report)
    names = ("ppv_pause_count", "ppv_pause_longest", "ppv_pause_total")
    measures = tuple(each for each in report.measures if each.name in names)
    if "ppv" not in timeline.covered or not timeline.of("ppv"):
        return Found(statements=(not_found(report, "ppv"),), measures=measures)
    surely = [pause for pause in ppv.pauses(timeline) if pause.counts.value]
    cites = tuple(dict.fromkeys(name for pause in surely for name in pause.events))
    cites = (*cites, *(each.id for each in measures))
    told = _stretches(report, "pause", "of PPV", gaps.ppv_pauses(timeline), cites, which, threshold)
    return told._replace(measures=measures)


def idle(report: Report, *, which: str | None = None, threshold: Threshold | None = None) -> Found:
    """The stretches with the baby in view in which none of the recognised activities was seen."""
    measures = tuple(each for each in report.measures if each.name == "no_activity_total")
    cites = tuple(each.id for each in measures)
    if (unknown := cannot_tell(report, None)) is not None:
        return Found(statements=(unknown,), measures=measures)
    stretches = gaps.idle(timeline_of(report))
    found = _stretches(report, "stretch", "without a recognised activity", stretches, cites, which, threshold)
    return found._replace(measures=measures)


def _stretches(
    report: Report,
    noun: str,
    of: str,
    found: Sequence[Gap],
    cites: tuple[str, ...],
    which: str | None,
    threshold: Threshold | None,
) -> Found:
    """How many stretches of time there are, the longest, and each; or one of them, or those beyond a limit.

    Those of `found` that may be none are not told one by one; they leave a comparison open.
    """
    surely = [gap for gap in found if gap.number.value]
    if not surely:
        return Found(statements=(_none(noun, of, found, cites),))
    if threshold is not None:
        return _judged(noun, of, found, cites, threshold)
    chosen = _picked(surely, which)
    if which and not chosen:
        text = f"There is no {which} {noun} {of}; there are {{}}."
        return Found(
            statements=(Statement(text=text, numbers=(Quantity(value=len(surely), unit="count"),), cites=cites),)
        )
    if which:
        gap = chosen[0]
        return Found(statements=(_told(report, f"the {which} {noun} {of}", gap, cites),), spans=(gap.span,))
    one = len(surely) == 1
    longest = _longest(surely)
    in_view = all(gap.unseen_s < WORTH_TELLING_S for gap in surely)
    edges = (longest.low, longest.high) if in_view else None
    took, numbers = ranged("", (Quantity(value=longest.value, unit="s"),), edges)
    head = Statement(
        text=f"There {'was' if one else 'were'} {{}} {noun if one else _plural(noun)} {of}; "
        f"the longest took {{}}{took}, all together {{}}.",
        numbers=(
            Quantity(value=len(surely), unit="count"),
            *numbers,
            Quantity(value=sum(gap.total_s for gap in surely), unit="s"),
        ),
        cites=cites,
    )
    each = tuple(_told(report, f"the {PLACES[place]} {noun}", gap, cites) for place, gap in enumerate(surely[:TOLD]))
    left = len(surely) - len(each)
    more = Statement(text="{} more are not told here.", numbers=(Quantity(value=left, unit="count"),), cites=cites)
    return Found(
        statements=(head, *each, *((more,) if left else ()), *_perhaps(noun, found, cites)),
        spans=tuple(gap.span for gap in surely),
    )


def _longest(found: Sequence[Gap]) -> Bounds:
    return Bounds(*(max(column) for column in zip(*(gap.longest for gap in found), strict=True)))


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("ch") else f"{noun}s"


def _none(noun: str, of: str, found: Sequence[Gap], cites: tuple[str, ...]) -> Statement:
    """That there was none, if there can have been none."""
    most = max((gap.longest.high for gap in found), default=0.0)
    if most <= 0:
        return Statement(text=f"No {noun} {of} was seen.", cites=cites)
    text = f"No {noun} {of} was seen for certain; one of up to {{}} {_open_because(found)}."
    return Statement(text=text, numbers=(Quantity(value=most, unit="s"),), cites=cites)


def _perhaps(noun: str, found: Sequence[Gap], cites: tuple[str, ...]) -> Iterator[Statement]:
    """That there may be another one, longer than those that were seen."""
    others = [gap for gap in found if not gap.number.value]
    most = max((gap.longest.high for gap in others), default=0.0)
    if most > max(gap.longest.value for gap in found):
        text = f"One more {noun} of up to {{}} {_open_because(others)}."
        yield Statement(text=text, numbers=(Quantity(value=most, unit="s"),), cites=cites)


def _open_because(found: Sequence[Gap]) -> str:
    if not any(gap.unseen_s > 0 for gap in found):
        return "is possible"
    return f"may lie in time out of view{' or not recorded' if any(gap.missing for gap in found) else ''}"


def _judged(noun: str, of: str, found: Sequence[Gap], cites: tuple[str, ...], threshold: Threshold) -> Found:
    """The longest stretch, or how many there are, against a limit; and how many keep it, where that is certain of each."""
    surely = [gap for gap in found if gap.number.value]
    if not threshold.is_time:
        number = Bounds(*(sum(column) for column in zip(*(gap.number for gap in found), strict=True)))
        if any(gap.unseen_s for gap in found):  # out of view there may have been any number of them
            number = number._replace(high=math.inf)
        subject = f"the number of {_plural(noun)} {of}"
        said = compared(subject, number.value, (number.low, number.high), threshold, cites)
        return Found(statements=(said,), spans=tuple(gap.span for gap in surely))
    longest = _longest(found)
    said = compared(f"the longest {noun} {of}", longest.value, (longest.low, longest.high), threshold, cites)
    held = {gap: threshold.judge(gap.longest.value, (gap.longest.low, gap.longest.high)) for gap in found}
    kept = [gap for gap in surely if held[gap]]
    spans = tuple(gap.span for gap in kept)
    if None in held.values():
        return Found(statements=(said,), spans=spans)
    text = f"{{}} of {{}} {_plural(noun)} {'were longer than' if threshold.sign == '>' else 'took at most'} {{}}."
    counts = tuple(Quantity(value=number, unit="count") for number in (len(kept), len(surely)))
    limit = Quantity(value=threshold.value, unit="s")
    return Found(statements=(said, Statement(text=text, numbers=(*counts, limit), cites=cites)), spans=spans)


def _picked(found: Sequence[Gap], which: str | None) -> tuple[Gap, ...]:
    if which in ("longest", "shortest"):
        return ((max if which == "longest" else min)(found, key=lambda gap: gap.longest.value),)
    if which == "last":
        return (found[-1],)
    return tuple(found) if which is None else tuple(found[PLACES.index(which) : PLACES.index(which) + 1])


def _told(report: Report, subject: str, gap: Gap, cites: tuple[str, ...]) -> Statement:
    zero, start_s = report.time_zero, gap.span.start_s
    side = "before" if start_s < zero.t_s else "after"
    text = f"{capital(subject)} started {{}} {side} {zero.name}"
    start, total = (Quantity(value=number, unit="s") for number in (abs(start_s - zero.t_s), gap.total_s))
    if gap.unseen_s < WORTH_TELLING_S:
        text, numbers = ranged(f"{text} and lasted {{}}", (total,), (gap.longest.low, gap.longest.high))
        return Statement(text=f"{text}.", numbers=(start, *numbers), cites=cites)
    several = len(gap.pieces) > 1
    text += f"; {{}} of it were seen{', at most {} at a stretch' if several else ''}, and for {{}} "
    text += "nothing was recorded, or the baby was out of view." if gap.missing else "the baby was out of view."
    further = [*([gap.longest.value] if several else []), gap.unseen_s]
    return Statement(
        text=text, numbers=(start, total, *(Quantity(value=number, unit="s") for number in further)), cites=cites
    )
