"""Writes the comparison: one table as Markdown, CSV and HTML, and each row's reliability curves as a picture."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from resus_doc.models.judgement import Figures
from resus_doc.schema import ACTIVITY_NAMES, Activity
from resus_doc.tools.compare import Row, file_name
from resus_doc.tools.compare_groups import FAMILIAR, HELD_OUT
from resus_doc.tools.evaluate import lacks_range
from resus_doc.tools.evaluation_pages import (
    Table,
    check_folder,
    html,
    markdown,
    number,
    reliability_picture,
    writing,
)
from resus_doc.tools.spreadsheet import cell
from resus_doc.tools.strings import counted

CSV_FILE = "comparison.csv"
BUNDLES = "bundles"
"""The folder of the rows that `compare --train` trained; it stands beside the table."""

CLASSES: tuple[Activity, ...] = (
    "baby_visible",
    "ventilation",
    "stimulation",
    "suction",
    "ppv",
    "cpap",
    "chest_compressions",
)
COLUMNS = (
    "macro-F1 activities",
    "from",
    "to",
    "macro-F1 four classes",
    *(ACTIVITY_NAMES[name] for name in CLASSES),
    "events at IoU 0.50",
)

LEARNED = ("steps", "clips shown")
"""How long a row was trained: optimiser steps, and windows shown in all of them, repeated ones included."""

HEADLINE = 3
"""The first columns, which stand before all others: macro-F1 and its range."""


def write_comparison(rows: Sequence[Row], out: Path, notes: Sequence[str] = ()) -> None:
    """`comparison.csv`, `.md`, `.html` and `reliability-ROW.svg` in a folder. `notes` stand above the table.

    The pictures are of the first group of test videos: the held-out ones where there are no others.

    Raises:
        UsageError: the folder holds other things.
        ResourceMissing: it cannot be written to.
    """
    check_folder(out, CSV_FILE, BUNDLES)
    table = comparison_table(rows)
    told = [*explanation(rows), *notes]
    pictures = {
        row.name: reliability_picture(next(iter(row.judged.values())), row.labels) for row in rows if row.judged
    }
    names = {name: f"reliability-{file_name(name)}.svg" for name in pictures}
    links = "".join(f"\n## Reliability: {name}\n\n![{name}]({names[name]})\n" for name in pictures)
    with writing(out):
        for name, picture in pictures.items():
            (out / names[name]).write_text(picture, encoding="utf-8")
        (out / "comparison.md").write_text(markdown("Comparison", told, [table]) + links, encoding="utf-8")
        (out / "comparison.html").write_text(html("Comparison", told, [table], pictures), encoding="utf-8")
        with (out / CSV_FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.header)
            writer.writerows([["" if text == "–" else cell(text) for text in line] for line in table.rows])


def explanation(rows: Sequence[Row]) -> list[str]:
    """What to know about the table, as paragraphs."""
    known = next(row.figures for row in rows if row.figures)
    groups = [
        f"{figures.n_windows} windows of 2 s in {counted(figures.n_videos, 'test video')} "
        + (
            "of hospitals that are in the training, as far as the dataset names them"
            if group == FAMILIAR
            else "of a hospital that is in no training"
        )
        + f" (positive: {_positive(figures)})"
        for group, figures in known.items()
    ]
    return [
        f"{', and '.join(groups)}. Thresholds come from validation videos, never from these. From and to are a 90 % range "
        "over draws of whole videos. Mask support is the union of PPV and CPAP; the activities are mask support, "
        "stimulation and suction.",
        "Single frame: trained and asked on one frame standing still, the surest of three in each window. Shuffled frames: "
        "trained and asked on the frames of a window in an order of chance.",
        *_learned_unequally(rows),
        *_without_range(rows),
    ]


def _learned_unequally(rows: Sequence[Row]) -> list[str]:
    """A warning where the rows were not all trained for as long."""
    if len({row.learned for row in rows if row.learned is not None}) < 2:
        return []
    return ["The rows were not all trained for as long: see the columns steps and clips shown."]


def _without_range(rows: Sequence[Row]) -> list[str]:
    if not any(lacks_range(figures) for row in rows for figures in row.figures.values()):
        return []
    return ["Where from and to are missing, an activity is in too few videos: draws of whole videos often hold none."]


def _positive(figures: Figures) -> str:
    found = {ACTIVITY_NAMES[name]: scored.support for name, scored in figures.windows.per_class.items()}
    return ", ".join(f"{name} {support}" for name, support in found.items())


def comparison_table(rows: Sequence[Row]) -> Table:
    """The rows as text: the macro-F1 of each group of test videos first, then all else of the one and of the other."""
    groups = [group for group in (FAMILIAR, HELD_OUT) if any(group in row.figures for row in rows)]
    parts = [(group, part) for part in (slice(0, HEADLINE), slice(HEADLINE, None)) for group in groups]
    header = [("" if group == FAMILIAR else "held-out: ") + name for group, part in parts for name in COLUMNS[part]]
    lines = [[row.name, *(c for group, part in parts for c in _cells(row.figures.get(group))[part])] for row in rows]
    noted = [[*line, *_learned(row), row.note] for line, row in zip(lines, rows, strict=True)]
    return Table("Test videos", ["row", *header, *LEARNED, "note"], noted)


def tables_by_group(rows: Sequence[Row]) -> list[Table]:
    """The same as one narrower table for each group of test videos; rows without figures stand in the first."""
    tables = []
    for group, title in ((FAMILIAR, "Hospitals that are in the training"), (HELD_OUT, "Held-out hospital")):
        chosen = [row for row in rows if group in row.figures or (group == FAMILIAR and not row.figures)]
        if any(row.figures for row in chosen):
            lines = [[row.name, *_cells(row.figures.get(group)), *_learned(row), row.note] for row in chosen]
            tables.append(Table(title, ["row", *COLUMNS, *LEARNED, "note"], lines))
    return tables


def _learned(row: Row) -> list[str]:
    known = (None, None) if row.learned is None else row.learned
    return ["–" if value is None else str(value) for value in known]


def _cells(figures: Figures | None) -> list[str]:
    if figures is None:
        return ["–"] * len(COLUMNS)
    windows, limits = figures.windows, figures.ranges_90.get("macro_f1_activities")
    classes = [windows.per_class[name].f1 if name in windows.per_class else None for name in CLASSES]
    numbers = [
        windows.macro_f1_activities,
        *(limits or (None, None)),
        windows.macro_f1,
        *classes,
        figures.events.f1_at_iou["0.50"],
    ]
    return [number(value) for value in numbers]
