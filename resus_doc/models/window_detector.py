"""A detector that looks at each window by itself: TimeSformer, and the baselines that see stills or shuffled frames.

Its features are the frames themselves, so that it is read, resumed and judged like any other; each frame is looked at once
for every window that holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from resus_doc.models import clips, small_vlm, views
from resus_doc.models.detector import Detector

if TYPE_CHECKING:
    from torch import Tensor


BATCH = 8
"""Windows a call; fixed, the last one filled up: kernels chosen by shape then round alike."""


class WindowDetector(Detector):
    """See the module. It has no domain check: what it reads are pictures, not features of them."""

    has_domain_check = False

    @property
    def step_frames(self) -> int:
        """What is kept are pairs, whatever the base."""
        return small_vlm.PAIR

    @property
    def token_shape(self) -> tuple[int, int]:
        """A pair is three frames: the one before it and its own two."""
        return 3, self.config.frame_size**2 * 3

    def encode(self, frames: NDArray[np.uint8], previous: NDArray[np.uint8] | None = None) -> NDArray[Any]:
        """Grid frames [n, S, S, 3], n even -> [n / 2, 3, S * S * 3] uint8."""
        self.frames_encoded += len(frames)
        if not len(frames):
            return np.zeros((0, *self.token_shape), np.uint8)
        before = frames[:1] if previous is None else previous[None]
        joined = np.concatenate([before, frames]).reshape(len(frames) + 1, -1)
        return np.stack([joined[:-1:2], joined[1::2], joined[2::2]], axis=1)

    def logits(self, features: NDArray[Any], *, adapter: bool = True) -> NDArray[np.float32]:
        """Uncalibrated logits [windows, labels]; of several clips to look at, the surest of each label counts."""
        import contextlib

        parts = [np.zeros((0, len(self.config.labels)), np.float32)]
        with torch.inference_mode(), contextlib.nullcontext() if adapter else self.model.disable_adapter():
            windows = self.whole_windows(torch.from_numpy(features))
            parts += [self._look(windows[i : i + BATCH]) for i in range(0, len(windows), BATCH)]
        return np.concatenate(parts)

    def _look(self, windows: Tensor) -> NDArray[np.float32]:
        """[b, pairs, 3, S * S * 3] -> logits [b, labels]."""
        side = self.config.frame_size
        frames = torch.cat([windows[:, 0, :1], windows[:, :, 1:].flatten(1, 2)], dim=1)
        whole = frames.unflatten(-1, (side, side, 3)).numpy()
        looks = torch.from_numpy(np.stack([views.shown(clip, self.config.view) for clip in whole]))
        blanks = looks.new_zeros(BATCH - len(looks), *looks.shape[1:])
        batch = torch.cat([looks, blanks]).flatten(0, 1).to(self.device)
        states = clips.pooled(
            self.model.get_base_model(), batch, still=self.config.view == "single", grid_fps=self.config.grid_fps
        )
        logits = self.head(states.float()).unflatten(0, (BATCH, -1)).amax(1)
        result: NDArray[np.float32] = logits[: len(windows)].cpu().numpy()
        return result
