"""The decoder of a detector that `train` made: fitted to the site's own annotated videos, beside the weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resus_doc.models.bundle import DetectorConfig
    from resus_doc.models.decoder_fit import Example, Numbers, Recording
    from resus_doc.models.detector import Detector
    from resus_doc.tools.frame_cache import CachedVideo

DECODER_VIDEOS = 24
"""Validation videos of which windows are computed at every pair of grid frames: it takes four times as long as a first look."""


def fitted(detector: Detector, config: DetectorConfig, videos: Mapping[str, Sequence[CachedVideo]]) -> dict[str, str]:
    """The decoder's file, fitted to the courses of the training videos and the windows of the validation videos.

    No file where those hold too few events to fit one: the bundle's events then come from its thresholds.
    """
    import numpy as np

    from resus_doc.models import decoder_fit
    from resus_doc.models.decoder import DECODER_FILE
    from resus_doc.models.detector import calibrate

    finer = copy.copy(detector)
    finer.config = config
    finer = finer.at_every_pair()
    step_s = finer.config.stride_s
    chosen = videos["validation"][:DECODER_VIDEOS]
    if not decoder_fit.enough([_example(video, np.zeros(0), np.zeros((0, 0))) for video in chosen]):
        return {}
    examples = []
    for video in chosen:
        rows = calibrate(finer.video_logits(video.frames), finer.config).astype(np.float64)
        examples.append(_example(video, np.asarray(np.arange(len(rows)) * step_s, dtype=np.float64), rows))
    grid = decoder_fit.Grid(config.labels, step_s, round(config.window_s / step_s), round(config.stride_s / step_s))
    training = [_recording(video) for video in videos["train"]]
    facts: dict[str, object] = {"training_recordings": len(training), "validation_videos": len(examples)}
    return {DECODER_FILE: decoder_fit.fit(training, examples, grid, facts).model_dump_json() + "\n"}


def _example(video: CachedVideo, start_s: Numbers, probabilities: Numbers) -> Example:
    from resus_doc.models.decoder_fit import Example

    return Example(_recording(video), start_s, probabilities)


def _recording(video: CachedVideo) -> Recording:
    from resus_doc.models.decoder_fit import Recording

    return Recording(video.annotated.video.duration_s, video.annotated.spans)
