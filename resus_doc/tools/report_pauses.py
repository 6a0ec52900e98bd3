"""The PPV pauses of a report as rows of a table: when, how long, and what was seen during each."""

from typing import NamedTuple

from resus_doc.schema import PpvPause, Report, SeenInPause, Span
from resus_doc.tools import intervals, strings
from resus_doc.tools import report_words as words
from resus_doc.tools.cases import missing_of, timeline_of
from resus_doc.tools.clock import clock
from resus_doc.tools.gaps import ppv_pauses

HEADER = strings.heads("pause_columns", ("pause", "in_the_video", "length", "seen"))
OTHERS = strings.names("pause_others")


class Row(NamedTuple):
    """One pause in words; `events` are the PPV around it and what was seen in it."""

    number: str
    when: str
    length: str
    seen: str
    events: tuple[str, ...]


def rows(report: Report) -> tuple[Row, ...]:
    """The pauses in order of time."""
    lengths = {gap.span: gap.total_s for gap in ppv_pauses(timeline_of(report))}
    return tuple(
        _row(number, pause, lengths.get(Span(pause.start_s, pause.end_s), pause.end_s - pause.start_s), report)
        for number, pause in enumerate(report.ppv_pauses, start=1)
    )


def _row(number: int, pause: PpvPause, length_s: float, report: Report) -> Row:
    """`length_s` is what the measures count of it: the baby was in view, and no mask support of unknown kind was seen."""
    is_missing = intervals.overlap_s((Span(pause.start_s, pause.end_s),), missing_of(report)) > 0
    seen = "; ".join(_seen(part, is_missing) for part in pause.seen)
    zero_s = report.time_zero.t_s
    return Row(
        f"{number}, {clock(pause.start_s - zero_s)} from {report.time_zero.name}",
        f"{clock(pause.start_s)}–{clock(pause.end_s)}",
        words.amount(length_s, "s"),
        seen,
        (*pause.events, *(event for part in pause.seen for event in part.events)),
    )


def _seen(part: SeenInPause, is_missing: bool) -> str:
    what = "not_recorded" if part.what == "not_observed" and is_missing else part.what
    name = OTHERS[what] if what in OTHERS else words.activity_name(what)  # type: ignore[arg-type]
    spread = words.amount_range(part.range, "s")
    value = words.amount(part.value, "s")
    return f"{name} {value}" + (f" ({spread})" if spread != value else "")
