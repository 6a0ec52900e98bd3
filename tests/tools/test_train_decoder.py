"""The decoder that `train` fits to a site's own videos."""

from types import SimpleNamespace

import numpy as np

from resus_doc.models.decoder import DECODER_FILE, Decoder
from resus_doc.models.detector import Detector
from resus_doc.schema import Span
from resus_doc.tools import train_decoder
from resus_doc.tools.frame_cache import CachedVideo


def cached(seconds, spans, seed):
    frames = np.random.default_rng(seed).integers(0, 255, (seconds * 8, 64, 64, 3), dtype=np.uint8)
    annotated = SimpleNamespace(spans=spans, video=SimpleNamespace(duration_s=float(seconds)))
    return CachedVideo(annotated, frames, None)


def videos(events):
    """Each with `events` stretches of PPV of a second and a quarter, three and a half seconds apart."""
    spans = {"ppv": tuple(Span(3.5 * k + 1.0, 3.5 * k + 2.25) for k in range(events))}
    return {
        split: [cached(int(3.5 * events) + 3, spans, seed) for seed in range(4)] for split in ("train", "validation")
    }


def test_few_events_give_no_decoder(random_bundle):
    detector = Detector.load(random_bundle, "cpu")
    assert train_decoder.fitted(detector, detector.config, videos(2)) == {}


def test_the_view_of_the_baby_is_no_activity_to_fit_a_decoder_to(random_bundle):
    detector = Detector.load(random_bundle, "cpu")
    found = videos(2)
    for video in found["validation"]:
        video.annotated.spans["baby_visible"] = tuple(Span(k / 8, k / 8 + 0.1) for k in range(40))
    assert train_decoder.fitted(detector, detector.config, found) == {}


def test_mask_support_of_unknown_kind_is_fitted_to_what_the_head_learned():
    video = cached(20, {"ppv": (Span(1, 4),), "ventilation": (Span(3, 8),), "suction": (Span(2, 3),)}, 0)
    recording = train_decoder._recording(video, ("ppv", "ventilation"))
    assert recording.spans == {"ppv": (Span(1, 4),), "ventilation": (Span(1, 8),)}


def test_a_decoder_is_fitted_to_the_detectors_own_windows(random_bundle):
    detector = Detector.load(random_bundle, "cpu")
    files = train_decoder.fitted(detector, detector.config, videos(10))
    decoder = Decoder.model_validate_json(files[DECODER_FILE])
    assert decoder.labels == detector.config.labels
    assert (decoder.cell_s, decoder.window_cells) == (0.25, 8)
    assert decoder.fitted["validation_videos"] == 4
