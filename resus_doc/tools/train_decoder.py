"""The decoder of a detector that `train` made: fitted to the site's own annotated videos, beside the weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from resus_doc.schema import MASK_SUPPORT, Activity

if TYPE_CHECKING:
    from resus_doc.models.bundle import DetectorConfig
    from resus_doc.models.decoder_fit import Recording
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
    if not decoder_fit.enough([_recording(video, config.labels) for video in chosen]):
        return {}
    examples = []
    for video in chosen:
        rows = calibrate(finer.video_logits(video.frames), finer.config).astype(np.float64)
        starts_s = np.asarray(np.arange(len(rows)) * step_s, dtype=np.float64)
        examples.append(decoder_fit.Example(_recording(video, config.labels), starts_s, rows))
    grid = decoder_fit.Grid(config.labels, step_s, round(config.window_s / step_s), round(config.stride_s / step_s))
    training = [_recording(video, config.labels) for video in videos["train"]]
    facts: dict[str, object] = {"training_recordings": len(training), "validation_videos": len(examples)}
    return {DECODER_FILE: decoder_fit.fit(training, examples, grid, facts).model_dump_json() + "\n"}


def _recording(video: CachedVideo, labels: Sequence[Activity]) -> Recording:
    """The truth that the head learned: mask support of unknown kind, where it is a label, is that of any kind."""
    from resus_doc.models.decoder_fit import Recording
    from resus_doc.models.evaluation import union

    spans = {name: video.annotated.spans.get(name, ()) for name in labels}
    if "ventilation" in labels:
        masks = [span for name in MASK_SUPPORT for span in video.annotated.spans.get(name, ())]
        spans["ventilation"] = tuple(union(masks))
    return Recording(video.annotated.video.duration_s, spans)
