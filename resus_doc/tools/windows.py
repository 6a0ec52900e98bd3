"""What the detector says about a video, window by window: plain numbers that the timeline is decoded from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resus_doc.errors import InputRefused
from resus_doc.schema import Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from resus_doc.models.bundle import DetectorConfig
    from resus_doc.tools.dataset import Damage


@dataclass(frozen=True, eq=False)
class Windows:
    """Probabilities of activities in windows of equal length.

    Window `i` covers `start_s[i]` to `start_s[i] + window_s`; `probabilities[i, j]` is how sure the detector is that
    activity `labels[j]` covers more than half of it. `domain_score` is higher for videos like the training data, None
    where the detector has no such check. `broken_off_at_s` is where a damaged file stopped being readable, `unreadable` are
    damaged stretches before.
    """

    start_s: NDArray[np.float64]
    window_s: float
    stride_s: float
    labels: tuple[str, ...]
    probabilities: NDArray[np.float32]
    domain_score: float | None
    grid_fps: float
    frames_decoded: int
    broken_off_at_s: float | None = None
    unreadable: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.start_s), len(self.labels)):
            raise ValueError(
                f"{self.probabilities.shape} probabilities for {len(self.start_s)} windows and {len(self.labels)} labels"
            )

    def __len__(self) -> int:
        return len(self.start_s)

    def save(self, path: Path) -> None:
        """Write to a `.npz` file of plain arrays, whole or not at all."""
        import numpy as np

        unknown = float("nan")
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez(
                file,
                start_s=self.start_s,
                probabilities=self.probabilities,
                unreadable=np.array(self.unreadable, dtype=np.float64).reshape(-1, 2),
                labels=np.array(self.labels, dtype=np.str_),
                numbers=np.array(
                    [
                        self.window_s,
                        self.stride_s,
                        self.grid_fps,
                        self.frames_decoded,
                        unknown if self.domain_score is None else self.domain_score,
                        unknown if self.broken_off_at_s is None else self.broken_off_at_s,
                    ],
                    dtype=np.float64,
                ),
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Windows:
        """Read what `save` wrote.

        Raises:
            InputRefused: the file is missing, damaged, or of another kind.
        """
        import zipfile

        import numpy as np

        try:
            with np.load(path, allow_pickle=False) as arrays:
                window_s, stride_s, grid_fps, frames, domain, broken = (float(x) for x in arrays["numbers"])
                return cls(
                    start_s=arrays["start_s"],
                    window_s=window_s,
                    stride_s=stride_s,
                    labels=tuple(str(label) for label in arrays["labels"]),
                    probabilities=arrays["probabilities"],
                    domain_score=None if np.isnan(domain) else domain,
                    grid_fps=grid_fps,
                    frames_decoded=int(frames),
                    broken_off_at_s=None if np.isnan(broken) else broken,
                    unreadable=tuple(Span(float(a), float(b)) for a, b in arrays.get("unreadable", ())),
                )
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise InputRefused(
                f"The window probabilities in {path} cannot be read ({error}).", "Run again without --resume."
            ) from error


def of_whole(config: DetectorConfig, probabilities: NDArray[np.floating[Any]], damage: Damage) -> Windows:
    """The windows of a whole video, which begin one stride apart from its start."""
    import numpy as np

    return Windows(
        start_s=np.arange(len(probabilities), dtype=np.float64) * config.stride_s,
        window_s=config.window_s,
        stride_s=config.stride_s,
        labels=config.labels,
        probabilities=probabilities.astype(np.float32),
        domain_score=None,
        grid_fps=config.grid_fps,
        frames_decoded=0,
        broken_off_at_s=damage.broken_off_at_s,
        unreadable=damage.missing,
    )


def joined(parts: Sequence[Windows], starts_s: Sequence[float]) -> Windows:
    """The windows of several recordings on one clock, on which they begin at these seconds; the least alike gives the score."""
    import numpy as np

    first = parts[0]
    scores = [part.domain_score for part in parts if part.domain_score is not None]
    return Windows(
        start_s=np.concatenate([part.start_s + start for part, start in zip(parts, starts_s, strict=True)]),
        window_s=first.window_s,
        stride_s=first.stride_s,
        labels=first.labels,
        probabilities=np.concatenate([part.probabilities for part in parts]),
        domain_score=min(scores) if scores else None,
        grid_fps=first.grid_fps,
        frames_decoded=sum(part.frames_decoded for part in parts),
        broken_off_at_s=first.broken_off_at_s if len(parts) == 1 else None,
        unreadable=tuple(
            Span(span.start_s + start, span.end_s + start)
            for part, start in zip(parts, starts_s, strict=True)
            for span in part.unreadable
        ),
    )
