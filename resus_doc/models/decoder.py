"""What is learned about when each activity ran, given the window probabilities of a video: one model an activity.

Time is cut into cells of one pair of grid frames. An activity is on or off in each cell. How likely it is to begin or to end
depends on how long it has been off or on (*course*, learned from the courses of training recordings). A window's logit
depends on how much of the window the activity fills, and on which side (*emission*, learned from validation videos). What
is going on besides makes a beginning more or less likely (*coupling*): a factor on its rate, paid once per beginning,
never a ban. Overlapping windows do not err independently, so each counts for less than one (*evidence*).

`semi_markov` computes with it and `decoder_fit` fits it. It does not know who acts, and expects of other wards the courses
it learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from resus_doc.errors import BundleBroken
from resus_doc.schema import Activity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.floating[Any]] | Sequence[NDArray[np.floating[Any]]]

DECODER_FILE = "decoder.json"
"""Its name in a detector bundle."""


class Course(BaseModel):
    """How an activity comes and goes. Hazards are chances per cell, by the number of cells that a state has lasted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begins: tuple[float, ...]
    """For 1, 2, ... cells off; the last one holds for all longer times."""
    ends: tuple[float, ...]
    on_at_start: float = Field(gt=0, lt=1)
    """How often a recording begins with it."""


class Evidence(BaseModel):
    """What one window's word counts, and how far ranges are stretched, for windows at one stride."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: float = Field(gt=0)
    """Power of each window's likelihood."""
    stretch: float = Field(gt=0)
    """Factor on the distance from an edge to its 5 % and 95 % points."""


class Decoder(BaseModel):
    """All that was learned about decoding one detector's windows; the content of `decoder.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = 1
    labels: tuple[Activity, ...] = Field(min_length=1)
    cell_s: float = Field(gt=0)
    window_cells: int = Field(ge=2)
    shortest_cells: int = Field(ge=1)
    """No run of an activity, and no gap in one, is shorter."""
    courses: dict[Activity, Course]
    logits: tuple[float, ...] = Field(min_length=2)
    """Evenly spaced logits at which the emission is tabled."""
    emission: dict[Activity, tuple[tuple[float, ...], ...]]
    """Log density by class of window (`window_class`) and logit."""
    coupling: dict[Activity, dict[Activity, float]]
    """Log of the factor on the rate of beginnings of the first while the second goes on."""
    coupling_weight: float = Field(ge=0)
    least_confidence: float = Field(default=0.5, ge=0.5, lt=1)
    """A run whose cells are less likely than this on average is none: windows that waver err together for many seconds."""
    coarse: Evidence
    """For the detector's own stride."""
    fine: Evidence
    """For windows at every cell, of stretches that were looked at again."""
    fitted: dict[str, JsonValue] = Field(default_factory=dict)
    """Where the numbers come from."""

    @model_validator(mode="after")
    def _complete(self) -> Decoder:
        for name, table in (("courses", self.courses), ("emission", self.emission), ("coupling", self.coupling)):
            if set(table) != set(self.labels):
                raise ValueError(f"{name} are for {sorted(table)}, labels are {sorted(self.labels)}")
        ages = {len(ages) for course in self.courses.values() for ages in (course.begins, course.ends)}
        if len(ages) != 1 or min(ages) < self.window_cells:
            raise ValueError(f"hazards are for {sorted(ages)} cells")
        if self.shortest_cells * 2 < self.window_cells:
            raise ValueError("a window must not hold more than two edges of an activity")
        shapes = {(len(rows), *{len(row) for row in rows}) for rows in self.emission.values()}
        if shapes != {(2 * self.window_cells, len(self.logits))}:
            raise ValueError(f"emission tables are of the shapes {sorted(shapes)}")
        return self


class Seen(NamedTuple):
    """Windows to decode, in order of their start; no two start in one cell."""

    first_cell: NDArray[np.int64]
    logits: Numbers
    """[windows, labels]"""
    fine: NDArray[np.bool_]
    """Which of them belong to a closer look."""


def read(folder: Path) -> Decoder | None:
    """The decoder of a detector bundle; None for a bundle without one.

    Raises:
        BundleBroken: the file is there and cannot be used.
    """
    path = folder / DECODER_FILE
    if not path.exists():
        return None
    try:
        return Decoder.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BundleBroken(
            f"{path} cannot be used: {error}.", "Install resus-doc again, or choose another bundle with --detector."
        ) from error


def window_class(cells_on: int, window_cells: int, *, on_at_end: bool) -> int:
    """Number of a window's class: 0 none on, 1 all on, then those that end on, then those that end off."""
    if cells_on in (0, window_cells):
        return int(cells_on > 0)
    return 1 + cells_on if on_at_end else window_cells + cells_on


def seen_windows(
    decoder: Decoder, coarse: tuple[Sequence[float], Rows], fine: tuple[Sequence[float], Rows] | None = None
) -> Seen:
    """Windows given by their starts in seconds and probabilities [windows, labels]; a closer look replaces what it repeats."""
    import numpy as np

    rows = {round(start / decoder.cell_s): (row, False) for start, row in zip(*coarse, strict=True)}
    if fine is not None:
        rows |= {round(start / decoder.cell_s): (row, True) for start, row in zip(*fine, strict=True)}
    cells = sorted(rows)
    probabilities = np.clip(np.array([rows[cell][0] for cell in cells], dtype=float), 1e-6, 1 - 1e-6)
    probabilities = probabilities.reshape(len(cells), len(decoder.labels))
    return Seen(
        np.array(cells, dtype=np.int64),
        np.log(probabilities / (1 - probabilities)),
        np.array([rows[cell][1] for cell in cells], dtype=bool),
    )
