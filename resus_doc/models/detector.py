"""A loaded detector: frames in, probabilities per window out, each frame through the vision tower once.

One code path for CPU (float32) and CUDA (bfloat16), and for every family of bases (`backbones`). Chunks hold whole windows
and batches, so that the numbers do not depend on where a run was broken off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resus_doc.errors import BundleBroken, ResourceMissing
from resus_doc.models import bundle, decoder, weights
from resus_doc.models.bundle import DetectorConfig, Golden
from resus_doc.models.decoder import Decoder
from resus_doc.models.domain import DomainModel, domain_embedding
from resus_doc.settings import DEFAULT_DETECTOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from resus_doc.models.backbones import Backbone

STRETCH = 512
"""Grid frames encoded at a time where a whole video lies ready: bounds the memory of their floating-point form."""

GOLDEN_TOLERANCE = 2e-3
"""Largest difference of a golden logit on another CPU in float32; the adapter moves logits by whole units."""

GOLDEN_TOLERANCE_BFLOAT16 = 0.25
"""The same for a large base that is loaded in bfloat16, which keeps eight binary digits."""

GOLDEN_ADAPTER_EFFECT = 0.05
"""A smaller change of the golden logits, and less than half of what it was when saved, means that the adapter did not take effect.
A short training at a low rate moves them less."""


class Detector:
    """A base, its LoRA adapter and its head, ready to use. Make one with `load`."""

    has_domain_check = True
    """Whether the features can tell videos unlike the training data."""

    def __init__(self, config: DetectorConfig, model: Any, head: nn.Module, domain: DomainModel | None) -> None:
        self.config = config
        self.model = model
        """The PEFT model around the base, or `bare` around a base without adapter."""
        self.head = head
        self.domain = domain
        self.decoder: Decoder | None = None
        """What was learned about decoding its windows, where the bundle holds it."""
        self.frames_encoded = 0
        """Frames that went through the vision encoder so far; a frame of a video goes through once."""
        parameter = next(model.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype

    @classmethod
    def load(cls, folder: Path | None = None, device: str = "auto") -> Detector:
        """Load a bundle (the shipped one if None) on `auto`, `cpu`, `cuda` or `cuda:N`, and try its golden clip.

        Raises:
            BundleBroken: a file is missing or changed, a weight is missing or unexpected, or the golden clip is
                answered differently than when the bundle was saved.
            ResourceMissing: the device is not there, or the base to which the bundle refers.
        """
        folder = folder or DEFAULT_DETECTOR
        config = bundle.read_config(folder)
        chosen = choose_device(device)
        large = config.base is not None and chosen.startswith("cuda")
        detector = _assemble(folder, config, chosen if large else "cpu")
        if large:
            detector.to(chosen)
        detector._check_golden(folder, GOLDEN_TOLERANCE_BFLOAT16 if large else GOLDEN_TOLERANCE)
        detector.decoder = decoder.read(folder)
        return detector.to(chosen)

    def to(self, device: str) -> Detector:
        """The detector on a device: bfloat16 on CUDA, float32 on the CPU."""
        import torch

        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        self.model.to(device=device, dtype=dtype)
        self.head.to(device)
        self.device, self.dtype = torch.device(device), dtype
        return self

    @cached_property
    def backbone(self) -> Backbone:
        """The family of the base, which says what a step of the grid is.

        Raises:
            BundleBroken: the bundle's windows are no whole steps.
        """
        from resus_doc.models import backbones

        family = backbones.of(self.model.get_base_model().config, self.config.grid_fps)
        if self.config.window_frames % family.step_frames or self.config.stride_frames % family.step_frames:
            raise BundleBroken(
                f"Windows of {self.config.window_frames} frames, {self.config.stride_frames} apart, are no whole steps of "
                f"{family.family}.",
                bundle.REMEDY,
            )
        return family

    @property
    def step_frames(self) -> int:
        """Grid frames that share one set of visual tokens."""
        return self.backbone.step_frames

    @property
    def token_shape(self) -> tuple[int, int]:
        """Visual tokens a step, and the length of what is kept of each."""
        return self.backbone.token_shape(self.config.frame_size)

    def encode(self, frames: NDArray[np.uint8], previous: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """Grid frames [n, S, S, 3] RGB, whole steps, to their visual tokens [n / step_frames, tokens, width].

        `previous` [S, S, 3] is the grid frame before the first one, None at the start of a video.
        """
        import numpy as np
        import torch

        self.frames_encoded += len(frames)
        if not len(frames):
            return np.zeros((0, *self.token_shape), np.float32)
        with torch.inference_mode():
            before = None if previous is None else torch.from_numpy(previous)
            pixels, size = self.backbone.pixels(torch.from_numpy(frames), before), self.backbone.encode_batch
            parts = [self._encode_batch(pixels[i : i + size]) for i in range(0, len(pixels), size)]
            tokens: NDArray[np.float32] = torch.cat(parts).numpy()
        return tokens

    def logits(self, features: NDArray[np.float32], *, adapter: bool = True) -> NDArray[np.float32]:
        """Uncalibrated logits [windows, labels] of the whole windows in the tokens of consecutive steps.

        `features` begins at a window's start. With `adapter` off the base's own decoder states go to the head; for the
        tower's part of the adapter, the features must come from `encode` inside `adapter_off`.
        """
        import contextlib

        import torch

        with torch.inference_mode(), contextlib.nullcontext() if adapter else self.model.disable_adapter():
            windows, size = self.whole_windows(torch.from_numpy(features)), self.backbone.decode_batch
            parts = [self._decode_batch(windows[i : i + size]) for i in range(0, len(windows), size)]
            joined = torch.cat(parts) if parts else torch.zeros(0, len(self.config.labels))
            result: NDArray[np.float32] = joined.numpy()
        return result

    def windows(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probabilities [windows, labels] of the whole windows in the tokens of consecutive steps."""
        return calibrate(self.logits(features), self.config)

    def domain_scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much each window [windows] is like the training data; higher is more alike. NaN without a domain check."""
        import numpy as np
        import torch

        with torch.inference_mode():
            windows = self.whole_windows(torch.from_numpy(features))
            if self.domain is None or not len(windows):
                return np.full(len(windows), np.nan, np.float32)
            scores: NDArray[np.float32] = self.domain.score(domain_embedding(windows)).numpy()
        return scores

    def at_every_pair(self) -> Detector:
        """The same detector with a window at every pair of grid frames, its finest stride."""
        config = self.config.model_copy(update={"stride_s": 2 / self.config.grid_fps})
        finer = type(self)(config, self.model, self.head, self.domain)
        finer.decoder = self.decoder
        return finer

    def adapter_off(self) -> Any:
        """A context in which the model is the bare base."""
        return self.model.disable_adapter()

    def provenance(self) -> dict[str, Any]:
        """What a report says about its detector: JSON values only."""
        config = self.config.model_dump(mode="json", exclude={"files"})
        config["weights_sha256"] = self.config.files
        config["decoder"] = "hysteresis" if self.decoder is None else "semi-Markov"
        config["device"] = str(self.device)
        return config

    def _encode_batch(self, pixels: Tensor) -> Tensor:
        batch = self.filled(pixels, self.backbone.encode_batch).to(self.device)
        tokens = self.backbone.encode(self.model.get_base_model(), batch)
        return tokens[: len(pixels)].float().cpu()

    def _decode_batch(self, windows: Tensor) -> Tensor:
        from resus_doc.models.backbones import pool

        batch = self.filled(windows, self.backbone.decode_batch).to(self.device, self.dtype)
        states = self.backbone.decode(self.model.get_base_model(), batch)
        logits: Tensor = self.head(pool(states).float())
        return logits[: len(windows)].cpu()

    def filled(self, rows: Tensor, count: int) -> Tensor:
        """`rows`, and zeros up to `count` rows where the family wants one shape: kernels chosen by shape round alike."""
        import torch

        if len(rows) == count or not self.backbone.fills_batches:
            return rows
        return torch.cat([rows, rows.new_zeros(count - len(rows), *rows.shape[1:])])

    def whole_windows(self, features: Tensor) -> Tensor:
        """Features of consecutive steps [p, tokens, width] -> those of each whole window [n, steps, tokens, width]."""
        size, step = (frames // self.step_frames for frames in (self.config.window_frames, self.config.stride_frames))
        if len(features) < size:
            return features.new_zeros(0, size, *features.shape[1:])
        return features.unfold(0, size, step).movedim(-1, 1)

    def stretches(self, frames: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        """Features of a whole video's grid frames [n, S, S, 3], n even, in parts that each hold the next windows.

        Windows across the parts' borders are whole in one of them and in no other; memory holds one part.
        """
        import numpy as np

        size, step = (count // self.step_frames for count in (self.config.window_frames, self.config.stride_frames))
        held = self.encode(np.array(frames[:0]))
        for i in range(0, len(frames), STRETCH):
            new = self.encode(np.array(frames[i : i + STRETCH]), np.array(frames[i - 1]) if i else None)
            held = np.concatenate([held, new])
            yield held
            held = held[max(0, (len(held) - size) // step + 1) * step :]

    def video_logits(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Uncalibrated logits [windows, labels] of a whole video's grid frames [n, S, S, 3], n even."""
        import numpy as np

        return np.concatenate([self.logits(part) for part in self.stretches(frames)])

    def golden(self, frames: NDArray[np.uint8]) -> Golden:
        """The golden record of a clip: one frame before a window, then the window's frames."""
        logits = self.logits(self.encode(frames[1:], frames[0]))[0]
        with self.adapter_off():
            off = self.logits(self.encode(frames[1:], frames[0]))[0]
        return Golden(frames, logits, off)

    def _check_golden(self, folder: Path, tolerance: float) -> None:
        import numpy as np

        stored = bundle.read_golden(folder)
        now = self.golden(stored.frames)
        self.frames_encoded = 0
        if not (np.abs(now.logits - stored.logits) <= tolerance).all():
            raise BundleBroken(
                f"The detector bundle {folder} answers its golden clip differently than when it was saved.",
                bundle.REMEDY,
            )
        moved = float(np.abs(stored.logits - stored.logits_adapter_off).max())
        least = min(GOLDEN_ADAPTER_EFFECT, moved / 2)
        if self.config.adapter and not (np.abs(now.logits - now.logits_adapter_off) > least).any():
            raise BundleBroken(f"The adapter of the detector bundle {folder} has no effect.", bundle.REMEDY)


def calibrate(logits: NDArray[np.float32], config: DetectorConfig) -> NDArray[np.float32]:
    """Logits [n, labels] to probabilities, by each label's temperature."""
    import numpy as np

    temperatures = np.array([config.temperatures[label] for label in config.labels])
    return (1 / (1 + np.exp(-logits / temperatures))).astype(np.float32)


def choose_device(name: str) -> str:
    """`auto` is the first CUDA device if there is one, else the CPU.

    Raises:
        ResourceMissing: a CUDA device was asked for that this computer does not have.
    """
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ResourceMissing(
            f"The device '{name}' is not available on this computer.", "Use --device auto or --device cpu."
        ) from error
    return name


def _assemble(folder: Path, config: DetectorConfig, device: str = "cpu") -> Detector:
    """The detector of a bundle, in float32 on the CPU or in bfloat16 on a CUDA device; every weight accounted for."""
    from resus_doc.models import base_files

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    adapter = folder / bundle.ADAPTER_FOLDER if config.adapter else None
    base = folder / bundle.BASE_FOLDER if config.base is None else base_files.find(config.base, folder)
    detector = assembled(config, base, adapter, folder / bundle.HEAD_FILE, device)
    if config.domain:
        stored = weights.tensors(folder / bundle.DOMAIN_FILE)
        if set(stored) - {"against"} != {"mean", "whitening", "known"}:
            raise BundleBroken(f"{folder / bundle.DOMAIN_FILE} holds {sorted(stored)}.", bundle.REMEDY)
        detector.domain = DomainModel(**{name: part.float() for name, part in stored.items()})
    return detector


def assembled(
    config: DetectorConfig, base_folder: Path, adapter: Path | None, head_file: Path, device: str = "cpu"
) -> Detector:
    """A detector from its parts, without domain check; no adapter for a head on the bare base.

    On the CPU in float32; a base for a CUDA device is in bfloat16 from the start and never whole in the other memory.

    Raises:
        BundleBroken: a part is missing or does not fit the others.
    """
    from resus_doc.models.clips import hidden_size

    base = weights.load_base(base_folder, device=device)
    model = weights.bare(base) if adapter is None else weights.load_adapter(adapter, base)
    head = weights.new_head(hidden_size(base), len(config.labels))
    weights.load_exactly(head, weights.tensors(head_file), head_file)
    return of_parts(config, model.eval().requires_grad_(False), head.eval().requires_grad_(False))


def of_parts(config: DetectorConfig, model: Any, head: nn.Module) -> Detector:
    """The kind of detector that the model and what it is shown ask for."""
    from resus_doc.models.timesformer import is_timesformer
    from resus_doc.models.window_detector import WindowDetector

    by_itself = config.view != "all" or is_timesformer(model.get_base_model())
    return (WindowDetector if by_itself else Detector)(config, model, head, None)
