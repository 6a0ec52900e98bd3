"""One question over all cases of a batch: the folders beside a case that hold a report of their own."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from statistics import median

from resus_doc.errors import InputRefused
from resus_doc.schema import Activity, Measure, Report, Unit
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.casefolder import REPORT, read_report
from resus_doc.tools.dashboard_series import WIDEST_S
from resus_doc.tools.firsts import since_zero
from resus_doc.tools.queries import WORTH_TELLING_S, events_of, measure, name_of, unseen_in_all_s

MOST = 500
TOLD = 8
"""Cases named one by one."""
_PATTERNS = {
    "time_to_first": ("time_to_first_{}", "the time to the first {}"),
    "count_events": ("{}_count", "the number of stretches of {}"),
    "total_time": ("{}_total", "the total time of {}"),
}


def siblings(case: Path) -> tuple[list[Report], int]:
    """The reports of the cases in the folder around a case, this one included, and how many are left out: unreadable, or too many."""
    found = (path.parent for path in case.resolve().parent.glob(f"*/{REPORT}"))
    places = sorted(place for place in found if not place.name.startswith("."))
    reports = []
    for place in places[:MOST]:
        with suppress(InputRefused):
            reports.append(read_report(place))
    return reports, len(places) - len(reports)


def compare_cases(
    reports: list[Report],
    tool: str,
    activity: Activity | None = None,
    *,
    threshold: Threshold | None = None,
    left_out: int = 0,
) -> Found:
    """A number of each case, or the cases in which it lies beyond a limit; and how many cases were `left_out`."""
    found = _compared(reports, tool, activity, threshold)
    if not left_out:
        return found
    text = f"{{}} more {'case is' if left_out == 1 else 'cases are'} left out: not readable, or beyond the first {{}}."
    numbers = tuple(Quantity(value=number, unit="count") for number in (left_out, MOST))
    return found._replace(statements=(*found.statements, Statement(text=text, numbers=numbers)))


def _compared(reports: list[Report], tool: str, activity: Activity | None, threshold: Threshold | None) -> Found:
    if len(reports) < 2:
        text = "There is no other case beside this one; a batch keeps its cases in one folder."
        return Found(statements=(Statement(text=text),))
    if tool == "findings":
        return _verdicts(reports)
    pattern, subject = _subject(tool, activity, threshold)
    known = [(report, found) for report in reports if (found := _value(report, activity, pattern)) is not None]
    total = Quantity(value=len(reports), unit="count")
    if not known:
        text = f"In none of {{}} cases could {subject} be given."
        return Found(statements=(Statement(text=text, numbers=(total,)),))
    unit: Unit = known[0][1].unit
    if threshold is None and tool == "count_events":
        threshold = Threshold(">", 0, False)
    if threshold is not None:
        held = [_judged(report, each, activity, threshold) for report, each in known]
        chosen = [pair for pair, is_so in zip(known, held, strict=True) if is_so]
        limit = Quantity(value=threshold.value, unit=unit)
        head = Statement(
            text=f"In {{}} of {{}} cases {subject} was {'more than' if threshold.sign == '>' else 'not more than'} {{}}.",
            numbers=(Quantity(value=len(chosen), unit="count"), total, limit),
        )
        return Found(statements=(head, *_each(chosen), *_close(held), *_unknown(reports, known, subject)))
    why = [_why_open(*pair, activity) for pair in known]
    firm = [pair for pair, reason in zip(known, why, strict=True) if reason is None]
    if not firm:
        text = f"In none of {{}} cases is {subject} known: {' or '.join(reason for reason in dict.fromkeys(why) if reason)}."
        return Found(statements=(Statement(text=text, numbers=(total,)),))
    values = [each.value for _, each in firm if each.value is not None]
    head = Statement(
        text=f"Over {{}} {'case' if len(firm) == 1 else 'cases'} {subject} was {{}} to {{}}, with a median of {{}}.",
        numbers=(
            Quantity(value=len(firm), unit="count"),
            *(Quantity(value=value, unit=unit) for value in (min(values), max(values), median(values))),
        ),
    )
    return Found(statements=(head, *_each(firm), *_left_open(why), *_unknown(reports, known, subject)))


def _subject(tool: str, activity: Activity | None, threshold: Threshold | None) -> tuple[str, str]:
    if tool == "pauses":
        if threshold is not None and threshold.is_time:
            return "ppv_pause_longest", "the longest pause of PPV"
        return "ppv_pause_count", "the number of pauses of PPV"
    pattern, words = _PATTERNS.get(tool, _PATTERNS["total_time"])
    return pattern, words.format(name_of(activity))


def _value(report: Report, activity: Activity | None, pattern: str) -> Measure | None:
    """The measure, where it may be told beside those of other cases: intervals count from birth in all of them, and after it."""
    if pattern.startswith("time_to_first") and report.time_zero.source != "given":
        return None
    found = measure(report, activity, pattern)
    return found if found is not None and found.value is not None and found.value >= 0 else None


def _judged(report: Report, each: Measure, activity: Activity | None, threshold: Threshold) -> bool | None:
    """Whether a case's number keeps to the limit over its whole range; None where that cannot be told."""
    value, span = each.value or 0.0, each.range
    if each.name.startswith("time_to_first"):
        since = since_zero(report, activity)
        if since is None or since.reason:
            return None
        span = (since.low, since.high)
    elif _may_be_more(report, each, activity):
        span = (span[0] if span else value, inf)
    return threshold.judge(value, span)


def _may_be_more(report: Report, each: Measure, activity: Activity | None) -> bool:
    """Whether a count or a total is only the least that it can be: out of view or not recorded there may have been more."""
    if each.name.endswith("_total") and any(e.censored_start or e.censored_end for e in events_of(report, activity)):
        return True
    counted = each.name.endswith(("_count", "_total"))
    return counted and unseen_in_all_s(report, activity or "ppv") >= WORTH_TELLING_S


def _why_open(report: Report, each: Measure, activity: Activity | None) -> str | None:
    """Why a number cannot stand beside others: it is only the latest or the least that it can be, or its range is wide."""
    low, high = each.range or (0.0, 0.0)
    if each.name.startswith("time_to_first"):
        since = since_zero(report, activity)
        if since is None or since.reason is not None or since.doubt is not None:
            return "it may have begun before it was seen"
        low, high = since.low, since.high
    elif _may_be_more(report, each, activity):
        return "a part of it may not have been seen"
    return "its range is too wide to tell" if each.unit == "s" and high - low > WIDEST_S else None


def _left_open(why: list[str | None]) -> Iterator[Statement]:
    for reason, count in Counter(reason for reason in why if reason).items():
        text = f"In {{}} more {reason}; they are not among these."
        yield Statement(text=text, numbers=(Quantity(value=count, unit="count"),))


def _close(held: list[bool | None]) -> Iterator[Statement]:
    if count := held.count(None):
        numbers = (Quantity(value=count, unit="count"), Quantity(value=len(held), unit="count"))
        yield Statement(text="In {} of the {} cases with a value it is too close to call.", numbers=numbers)


def _each(chosen: list[tuple[Report, Measure]]) -> Iterator[Statement]:
    ordered = sorted(chosen, key=lambda pair: -(pair[1].value or 0.0))
    for report, each in ordered[:TOLD]:
        quantity = Quantity(value=each.value or 0.0, unit=each.unit)
        yield Statement(text="Case []: {}.", quotes=(report.case_id,), numbers=(quantity,))
    if len(ordered) > TOLD:
        yield Statement(
            text="{} further cases are not named here.",
            numbers=(Quantity(value=len(ordered) - TOLD, unit="count"),),
        )


def _unknown(reports: list[Report], known: list[tuple[Report, Measure]], subject: str) -> Iterator[Statement]:
    left = len(reports) - len(known)
    if left:
        yield Statement(
            text=f"In {{}} of them {subject} could not be given.", numbers=(Quantity(value=left, unit="count"),)
        )


def _verdicts(reports: list[Report]) -> Found:
    """How often each rule of the reports' guidelines was not met."""
    statements: dict[str, list[str]] = {}
    for report in reports:
        for finding in report.findings:
            statements.setdefault(finding.statement, []).append(finding.verdict)
    decided = [item for item in statements.items() if {"met", "not_met"} & set(item[1])]
    broken = sorted(decided, key=lambda item: -item[1].count("not_met"))
    told = tuple(
        Statement(
            text="[] was not met in {} and met in {} of {} cases.",
            quotes=(text,),
            numbers=tuple(
                Quantity(value=number, unit="count")
                for number in (verdicts.count("not_met"), verdicts.count("met"), len(verdicts))
            ),
        )
        for text, verdicts in broken[:TOLD]
    )
    return Found(statements=told or (Statement(text="No rule was decided in any of the cases."),))
