"""Writes an evaluation for people: tables as Markdown and HTML, reliability curves as a picture, figures as JSON."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.schema import ACTIVITY_NAMES, Activity
from resus_doc.tools.svg_charts import Panel, chart

if TYPE_CHECKING:
    from resus_doc.models.judgement import JudgedVideo
    from resus_doc.tools.evaluate import Evaluation, Outcome

JSON_FILE = "evaluation.json"
STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:84rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:1rem 0;font-size:14px;display:block;overflow-x:auto}"
    "th,td{border:1px solid #ccc;padding:.25rem .6rem;text-align:right}"
    "th:first-child,td:first-child{text-align:left;white-space:nowrap}svg{max-width:100%;height:auto}"
)


class Table(NamedTuple):
    """A heading, the names of its columns, and rows of text."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def check_folder(out: Path, mark: str, own: str = "") -> None:
    """Refuse a folder that holds something other than an earlier result (which has the file `mark`) or the folder `own`.

    Raises:
        UsageError: the folder is in use for other things.
    """
    held = [path for path in out.iterdir() if path.name != own] if out.is_dir() else []
    if out.is_file() or (held and not (out / mark).exists()):
        raise UsageError(f"{out} exists and holds something else.", "Name a new folder with -o.")


def write_evaluation(outcome: Outcome, out: Path) -> None:
    """`evaluation.json`, `.md`, `.html` and `reliability.svg` in a folder.

    Raises:
        UsageError: the folder holds other things.
        ResourceMissing: it cannot be written to.
    """
    check_folder(out, JSON_FILE)
    found = outcome.evaluation
    title = f"Detector over {found.n_videos} videos (split {found.split})"
    paragraphs, tables = _paragraphs(found), evaluation_tables(found)
    picture = reliability_picture(outcome.videos, outcome.labels)
    with writing(out):
        (out / "reliability.svg").write_text(picture, encoding="utf-8")
        (out / "evaluation.md").write_text(
            markdown(title, paragraphs, tables) + "\n![Reliability curves](reliability.svg)\n", encoding="utf-8"
        )
        (out / "evaluation.html").write_text(html(title, paragraphs, tables, {"": picture}), encoding="utf-8")
        (out / JSON_FILE).write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")


@contextlib.contextmanager
def writing(out: Path) -> Iterator[None]:
    """Make a folder and turn failures to write into it into words."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ResourceMissing(
            f"{out} cannot be written to ({error.strerror or error}).", "Free some space, or name another folder."
        ) from error


def evaluation_tables(found: Evaluation) -> list[Table]:
    """The figures as tables: windows, events, first events."""
    windows = [
        [ACTIVITY_NAMES[name], number(c.precision), number(c.recall), number(c.f1), str(c.support)]
        for name, c in found.windows.per_class.items()
    ]
    means = [
        ["four classes", number(found.windows.macro_f1), *_range(found, "macro_f1")],
        ["always yes, four classes", number(found.windows.always_yes_macro_f1), ""],
        ["three activities", number(found.windows.macro_f1_activities), *_range(found, "macro_f1_activities")],
        ["always yes, three activities", number(found.windows.always_yes_macro_f1_activities), ""],
        *(
            [f"events at IoU {level}", number(f1), *_range(found, f"event_f1_{level}")]
            for level, f1 in found.events.f1_at_iou.items()
        ),
    ]
    edges = [
        [name, number(error.median), number(error.p90)]
        for name, error in (("onset", found.events.onset_error_s), ("offset", found.events.offset_error_s))
    ]
    first = [
        [
            ACTIVITY_NAMES[name],
            number(each.within_2s),
            number(each.p90_error_s),
            number(found.events.false_events_per_hour.get(name)),
        ]
        for name, each in found.time_to_first.items()
    ]
    return [
        Table("F1", ("mean over", "F1", "90 % range"), means),
        Table("Windows", ("class", "precision", "recall", "F1", "positive windows"), windows),
        Table("Errors of matched events, seconds", ("edge", "median", "90 % within"), edges),
        Table("Each activity", ("activity", "first within 2 s", "first, 90 % within, s", "false per hour"), first),
    ]


def reliability_picture(videos: Sequence[JudgedVideo], labels: Sequence[Activity]) -> str:
    """One panel a label: what the detector said against what was true."""
    import numpy as np

    from resus_doc.models import evaluation, reliability

    truth = evaluation.join([video.truth for video in videos])
    said = np.concatenate([video.probabilities for video in videos])
    panels = []
    for j, label in enumerate(labels):
        bins = reliability.curve(said[:, j], truth.columns[label])
        points = [(each.said, each.true) for each in bins]
        panels.append(
            Panel(ACTIVITY_NAMES[label], {"": points}, (0, 1), (0, 1), "probability", "share positive", diagonal=True)
        )
    return chart(panels)


def markdown(title: str, paragraphs: Sequence[str], tables: Sequence[Table]) -> str:
    """A page of tables as Markdown."""
    lines = [f"# {title}", "", *(line for text in paragraphs for line in (text, ""))]
    for table in tables:
        lines += [f"## {table.title}", "", "| " + " | ".join(table.header) + " |"]
        lines.append("| --- " * len(table.header) + "|")
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table.rows]
        lines.append("")
    return "\n".join(lines)


def html(
    title: str, paragraphs: Sequence[str], tables: Sequence[Table], pictures: Mapping[str, str] | None = None
) -> str:
    """The same page as HTML that needs nothing beside it; reliability curves by the name of what they are of."""
    parts = [f"<h1>{escape(title)}</h1>", *(f"<p>{escape(text)}</p>" for text in paragraphs)]
    for table in tables:
        head = "".join(f"<th>{escape(name)}</th>" for name in table.header)
        rows = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows]
        parts.append(f"<h2>{escape(table.title)}</h2><table><tr>{head}</tr>{''.join(rows)}</table>")
    for name, picture in (pictures or {}).items():
        parts.append(f"<h2>{escape(f'Reliability: {name}' if name else 'Reliability')}</h2>{picture}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        + "".join(parts)
        + "</html>\n"
    )


def number(value: float | None) -> str:
    """Three decimals, or a dash for what is not known."""
    return "–" if value is None else f"{value:.3f}"


def _range(found: Evaluation, name: str) -> list[str]:
    limits = found.ranges_90.get(name)
    return ["" if limits is None else f"{limits[0]:.3f} to {limits[1]:.3f}"]


def _paragraphs(found: Evaluation) -> list[str]:
    told = [
        f"{found.n_windows} windows of 2 s, one each second, positive when covered more than half. Ventilation (mask "
        "support) is the union of PPV and CPAP. Ranges come from drawing whole videos.",
        f"The detector was validated on {found.validated_on} videos before.",
    ]
    if found.out_of_domain:
        told.append(
            f"{found.out_of_domain} videos are unlike its training data; a report would withhold their findings."
        )
    return [*told, *found.notes]
