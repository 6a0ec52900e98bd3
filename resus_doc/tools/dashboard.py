"""`index.html` of a batch: one self-contained page on all its cases. It opens from a file share without network.

It counts and shows; it does not judge and ranks nobody: a case is a resuscitation, not a person. All numbers come from the
case reports. The page allows its own style and script by their hashes and nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from resus_doc.schema import INTENDED_USE, Finding, GuidelineRef, Unit
from resus_doc.tools import dashboard_drawing as drawing
from resus_doc.tools import run_chart, strings
from resus_doc.tools.batch_cases import LOW_CONFIDENCE, VERDICTS, Case, facts
from resus_doc.tools.batch_tables import replace_text, totals, write_tables
from resus_doc.tools.clock import clock
from resus_doc.tools.dashboard_series import (
    NO_LENGTH,
    SERIES,
    WIDEST_FRACTION,
    WIDEST_PAUSE_S,
    WIDEST_S,
    Followed,
    Point,
    follow,
)
from resus_doc.tools.ledger import Row
from resus_doc.tools.pages import embedded, part, source_hash, template
from resus_doc.tools.report_words import VERDICT_NAMES

PAGE = "index.html"

COLUMNS = (
    "time_to_first_mask_support",
    "ppv_fraction_first_60s",
    "ppv_pause_longest",
)
"""Measures with a column of their own in the table of cases."""

CASE_COLUMNS = (
    *("case", "date", "state", "length", "birth_known", "first_mask_support", "ppv_first_minute", "longest_pause"),
    *("met", "not_met", "too_close", "not_assessable", "look_at"),
)
"""The columns of that table by the keys of their heads: a case, `COLUMNS`, `VERDICTS`, what to look at."""


class Adherence(NamedTuple):
    """One rule over the cases judged by its guideline; `silent`: its condition did not apply."""

    guideline: GuidelineRef
    rule: Finding
    counts: dict[str, int]
    cases: int

    @property
    def silent(self) -> int:
        return self.cases - sum(self.counts.values())

    @property
    def decided(self) -> int:
        return self.counts["met"] + self.counts["not_met"]


class Look(NamedTuple):
    """A case that a person should look at first, and why."""

    case: Case
    reasons: tuple[str, ...]


class Progress(NamedTuple):
    """Of a batch that is at work: so many of its videos have ended."""

    ended: int
    total: int


def write_dashboard(out: Path, rows: Sequence[Row], progress: Progress | None = None) -> None:
    """Write tables and page of all case folders below `out`; with `progress` while a batch is at work there.

    Raises:
        ResourceMissing: the folder cannot be written to.
    """
    replace_text(out / PAGE, render(write_tables(out, rows), progress))


def render(cases: Sequence[Case], progress: Progress | None = None) -> str:
    """The page of these cases. Equal cases give equal pages."""
    style, script = part("report.css") + part("dashboard.css"), part("words.js") + part("dashboard.js")
    ordered, found, t = in_order(cases), looks(cases), strings.Phrases("dashboard")
    return template("dashboard.html.j2").render(
        policy=f"default-src 'none'; style-src '{source_hash(style)}'; script-src '{source_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        t=t,
        phrases=embedded(strings.table("dashboard_script")),
        heads=strings.heads("case_columns", CASE_COLUMNS),
        verdict_names=VERDICT_NAMES,
        use=INTENDED_USE,
        totals=totals(cases),
        progress=progress,
        cases=ordered,
        dated=all(case.date for case in ordered),
        missing=[case for case in cases if case.status not in ("done", "kept")],
        looks=found,
        reasons={look.case.case_id: look.reasons for look in found},
        adherence=adherence(cases),
        followed=[follow(series, ordered) for series in SERIES],
        drawing=drawing,
        run_chart=run_chart,
        told=lambda each: _told(each, t),
        amount=amount,
        clock=clock,
        verdicts=VERDICTS,
        columns=COLUMNS,
        no_length=NO_LENGTH,
        low_confidence=LOW_CONFIDENCE,
        widest=(WIDEST_S, WIDEST_FRACTION, WIDEST_PAUSE_S),
    )


def in_order(cases: Sequence[Case]) -> list[Case]:
    """By date where all cases have one, else as they were given."""
    return sorted(cases, key=lambda case: case.date or "") if all(case.date for case in cases) else list(cases)


def looks(cases: Sequence[Case]) -> list[Look]:
    """Cases that need eyes first: unlike the training data or nearly so, damaged, too close to call, or found with little confidence."""
    t = strings.Phrases("dashboard")
    found = [Look(case, tuple(_reasons(case, t))) for case in cases]
    withheld_first = sorted(found, key=lambda look: look.case.facts is None or not look.case.facts.withheld)
    return [look for look in withheld_first if look.reasons]


def _reasons(case: Case, t: strings.Phrases) -> list[str]:
    if case.facts is None:
        return []
    found, reasons = case.facts, []
    if found.withheld:
        reasons.append(t.withheld.text())
    if found.unusual:
        reasons.append(t.unusual.text())
    if found.broken_off:
        reasons.append(t.damaged.text())
    if count := found.count("indeterminate"):
        reasons.append(t.too_close.text(count))
    if count := found.low_confidence:
        reasons.append(t.low_confidence.text(count, f"{LOW_CONFIDENCE:.0%}"))
    return reasons


def adherence(cases: Sequence[Case]) -> list[Adherence]:
    """Each rule with its verdicts, guideline by guideline, in the order of the reports."""
    reports = facts(cases)
    judged = Counter(each.guideline for each in reports)
    counts: dict[tuple[GuidelineRef, str], Counter[str]] = {}
    rules: dict[tuple[GuidelineRef, str], Finding] = {}
    for each in reports:
        for finding in each.findings:
            key = (each.guideline, finding.rule_id)
            rules.setdefault(key, finding)
            counts.setdefault(key, Counter())[finding.verdict] += 1
    return [
        Adherence(key[0], rule, {verdict: counts[key][verdict] for verdict in VERDICTS}, judged[key[0]])
        for key, rule in rules.items()
    ]


def amount(value: float | None, unit: Unit) -> str:
    """A number with its unit for a table; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.0%}" if unit == "fraction" else f"{value:.1f} s"


def _told(followed: Followed, t: strings.Phrases) -> list[str]:
    """What the sure values of a series are, in sentences."""
    series = followed.series
    sure = [point for point in followed.points if point.sure]
    values = [point.value for point in sure]
    told = [t.counted.text(len(values), followed.without, len(followed.points) - len(values))]
    if followed.none:
        told.append(t.no_pause_cases.text(followed.none, len(followed.points) + followed.none))
    if (parts := drawing.quartiles(values)) is not None:
        low, middle, high = (amount(value, series.unit) for value in parts)
        told.append(t.here.text(middle, low, high))
    if series.share_within is not None:
        told += _share(sure, series.share_within, t.share_within, f"{series.share_within:.0f}", t, below=True)
    if series.share_above is not None:
        told += _share(sure, series.share_above, t.share_above, f"{series.share_above:.0%}", t, below=False)
    return told


def _share(
    sure: Sequence[Point], limit: float, phrase: strings.Phrase, named: str, t: strings.Phrases, *, below: bool
) -> list[str]:
    """How many of the sure values lie within a limit, or above it; without those whose range lies on both sides of it."""
    decided = [point for point in sure if not point.range[0] <= limit < point.range[1]]
    number = sum((point.value <= limit) == below for point in decided)
    told = [phrase.text(number, len(decided), named)] if decided else []
    left = len(sure) - len(decided)
    return [*told, *([t.share_uncertain.text(left, named)] if left else [])]
