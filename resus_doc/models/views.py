"""What a model is shown of a window: all of it, one frame standing still, or its frames in an order of chance.

The last two are baselines: a detector trained on them tells how far one gets without motion. Pure arithmetic on frames.
"""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

View = Literal["all", "single", "shuffled"]
Frames = NDArray[np.uint8]

MOMENTS = (0.25, 0.5, 0.75)
"""Where in the window the three single frames lie, of which the surest counts."""


def shown(clip: Frames, view: View) -> Frames:
    """Clip [1 + n, S, S, 3] (the frame before a window, the window's frames) -> the clips to look at [k, 1 + n, S, S, 3].

    `single` gives one still for each of the three moments; the order of `shuffled` follows from the pictures themselves,
    so that it is the same wherever the window stands.
    """
    if view == "all":
        return clip[None]
    window = clip[1:]
    if view == "single":
        return np.stack([_still(window, at) for at in MOMENTS])
    return _shuffled(window, np.random.default_rng(zlib.crc32(window.tobytes())))[None]


def for_training(clips: Frames, view: View, rng: np.random.Generator) -> Frames:
    """Clips [b, 1 + n, S, S, 3] as one training step sees them: another moment or another order each time."""
    if view == "all":
        return clips
    if view == "single":
        return np.stack([_still(clip[1:], float(rng.choice(MOMENTS))) for clip in clips])
    return np.stack([_shuffled(clip[1:], rng) for clip in clips])


def _still(window: Frames, at: float) -> Frames:
    frame = window[round(at * (len(window) - 1))]
    return np.repeat(frame[None], len(window) + 1, axis=0)


def _shuffled(window: Frames, rng: np.random.Generator) -> Frames:
    """The window's frames by chance; the frame before them is the first of these, as the true one would tell of order."""
    mixed = window[rng.permutation(len(window))]
    return np.concatenate([mixed[:1], mixed])
