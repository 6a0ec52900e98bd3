"""The window probabilities as the table of a case folder (`windows.csv`), and back."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from resus_doc.errors import InputRefused
from resus_doc.schema import ACTIVITIES, Report

if TYPE_CHECKING:
    from resus_doc.tools.windows import Windows

NAME = "windows.csv"
_TIMES = ["start_s", "end_s"]


def write_windows(windows: "Windows", path: Path) -> None:
    """Start and end of each window in seconds of the video, and the probability of each label."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*_TIMES, *windows.labels])
        for start, row in zip(windows.start_s, windows.probabilities, strict=True):
            times = [f"{float(start):.3f}", f"{float(start) + windows.window_s:.3f}"]
            table.writerow([*times, *(f"{float(value):.4f}" for value in row)])


def read_windows(path: Path, report: Report) -> "Windows | None":
    """The windows of a case, with the four decimals that the table has; None where no detector looked at the video.

    Raises:
        InputRefused: the table is damaged.
    """
    if not path.exists():
        return None
    import numpy as np

    from resus_doc.tools.windows import Windows

    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        values = np.array([[float(cell) for cell in row] for row in rows], np.float64).reshape(len(rows), len(header))
        labels = tuple(header[2:])
        if header[:2] != _TIMES or not set(labels) <= set(ACTIVITIES) or not np.isfinite(values).all():
            raise ValueError("the header or a number is wrong")
        frames = report.provenance.get("frames_decoded")
        return Windows(
            start_s=values[:, 0],
            window_s=float(values[0, 1] - values[0, 0]) if rows else 0.0,
            stride_s=float(values[1, 0] - values[0, 0]) if len(rows) > 1 else 0.0,
            labels=labels,
            probabilities=values[:, 2:].astype(np.float32),
            domain_score=None if report.domain_check is None else report.domain_check.score,
            grid_fps=report.video.grid_fps,
            frames_decoded=frames if isinstance(frames, int) else 0,
            broken_off_at_s=report.video.broken_off_at_s,
            unreadable=report.video.lost,
        )
    except (OSError, ValueError, csv.Error) as error:
        raise InputRefused(f"{path} cannot be read ({error}).", "Make the report again.") from error
