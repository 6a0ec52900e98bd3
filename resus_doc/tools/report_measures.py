"""Which measure stands where: one row per activity, then what concerns PPV and the recording, then the rest.

Pure arrangement: no number is computed or left out, and a name nobody knows stands among the rest.
"""

from collections.abc import Iterable
from typing import NamedTuple

from resus_doc.schema import Activity, Measure, Report
from resus_doc.tools import report_words as words
from resus_doc.tools import strings

SUBJECTS = ("mask_support", "ppv", "cpap", "ventilation", "stimulation", "suction", "chest_compressions")

COLUMNS = {
    "time_to_first_{}": "time_to_first",
    "time_to_first_{}_from_table": "time_to_first_from_table",
    "{}_count": "count",
    "{}_total": "total",
}
"""Measures of an activity that stand in a column of their own, and the key of its title."""

MAIN = (
    "ppv_fraction_first_30s",
    "ppv_fraction_first_60s",
    "ppv_pause_count",
    "ppv_pause_longest",
    "ppv_pause_total",
    "ppv_before_compressions",
    "chest_compressions_without_30s_ppv_count",
    "no_activity_total",
)
"""What a debrief talks about; the rest is one click away."""


class Row(NamedTuple):
    """The measures of one activity, one per column, None where there is none; no activity for all mask support."""

    activity: Activity | None
    name: str
    cells: tuple[Measure | None, ...]


class Arrangement(NamedTuple):
    """Each measure of a report stands in exactly one of the parts."""

    columns: dict[str, str]
    """Key and title of each column."""
    rows: tuple[Row, ...]
    main: tuple[Measure, ...]
    more: tuple[Measure, ...]
    missing: tuple[Measure, ...]


def arrange(report: Report) -> Arrangement:
    """The measures of a report in the order in which they are read."""
    known = {measure.name: measure for measure in report.measures if not _missing(measure)}
    patterns = [pattern for pattern in COLUMNS if any(pattern.format(s) in known for s in SUBJECTS)]
    if report.time_zero.source == "table_arrival":
        patterns = [pattern for pattern in patterns if not pattern.endswith("_from_table")]
    titles = strings.names("measure_columns")
    rows = tuple(_row(subject, patterns, known) for subject in SUBJECTS if _seen(subject, known))
    main = tuple(known[name] for name in MAIN if name in known)
    placed = _ids([*main, *(cell for row in rows for cell in row.cells if cell)])
    return Arrangement(
        columns={COLUMNS[pattern]: titles[COLUMNS[pattern]] for pattern in patterns},
        rows=rows,
        main=main,
        more=tuple(m for m in report.measures if m.id not in placed and not _missing(m)),
        missing=tuple(filter(_missing, report.measures)),
    )


def _missing(measure: Measure) -> bool:
    return measure.value is None and measure.range is None


def _seen(subject: str, known: dict[str, Measure]) -> bool:
    counted = known.get(f"{subject}_count")
    return f"time_to_first_{subject}" in known or (counted is not None and bool(counted.value))


def _row(subject: str, patterns: Iterable[str], known: dict[str, Measure]) -> Row:
    cells = tuple(known.get(pattern.format(subject)) for pattern in patterns)
    if subject == "mask_support":
        return Row(None, "Mask support of any kind", cells)
    activity: Activity = subject  # type: ignore[assignment]
    kind = " of unknown kind" if activity == "ventilation" else ""
    return Row(activity, words.activity_name(activity, capital=True) + kind, cells)


def _ids(measures: Iterable[Measure]) -> set[str]:
    return {measure.id for measure in measures}
