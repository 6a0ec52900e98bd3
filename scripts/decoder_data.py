"""Rendered videos and what the shipped detector says about them, kept under build/decoder: decoders then compare in seconds.

    python scripts/decoder_data.py validation 12
    python scripts/decoder_data.py test 20
    python scripts/decoder_data.py held-out 20      # of the room family that no training has seen
    python scripts/decoder_data.py escalation 20    # every course ends in chest compressions; half of them of that family

A video is kept by its scenario and the simulator's code, its windows by the detector too: after a new training only the
detector runs again.
Windows are kept at every cell (one pair of grid frames); the detector's own windows are every fourth of them.
"""

import argparse
import hashlib
import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from detector_data import SEEDS, validation_scenarios

from resus_doc.models import decoder
from resus_doc.models.bundle import CONFIG_FILE, DOMAIN_FILE, DetectorConfig
from resus_doc.models.decoder import Decoder
from resus_doc.models.decoder_fit import Example, Grid, Recording
from resus_doc.models.detector import Detector
from resus_doc.schema import Span
from resus_doc.settings import DEFAULT_DETECTOR
from resus_doc.tools.detect import detect
from resus_doc.tools.simulate.acts import ActKind, make_act
from resus_doc.tools.simulate.dataset import write_video
from resus_doc.tools.simulate.look import FAMILIES, HELD_OUT
from resus_doc.tools.simulate.scenario import STANDARD, Scenario, compose, draw
from resus_doc.tools.windows import Windows

BUILD = Path("build/decoder")
SIZE, FPS = (256, 192), 10
HELD_OUT_FROM = 1_000_000
"""Videos of the held-out family have test seeds from here on."""
ESCALATION_FROM = 2_000_000
"""So have those of courses that end in compressions."""


_BETWEEN: tuple[tuple[ActKind, ...], ...] = (("rest",), ("hover",), ("suction",), ("stimulation",), ())
"""What hands do while PPV pauses."""


class Looked(NamedTuple):
    """One video, and the detector's windows at every cell."""

    scenario: Scenario
    dense: Windows

    def coarse(self, stride_s: float) -> Windows:
        """The windows that the detector gives by itself."""
        step = round(stride_s / self.dense.stride_s)
        return windows_like(self.dense, np.arange(0, len(self.dense), step), stride_s)


def windows_like(dense: Windows, chosen: np.ndarray, stride_s: float) -> Windows:
    """Some of the windows."""
    return Windows(
        start_s=dense.start_s[chosen],
        window_s=dense.window_s,
        stride_s=stride_s,
        labels=dense.labels,
        probabilities=dense.probabilities[chosen],
        domain_score=dense.domain_score,
        grid_fps=dense.grid_fps,
        frames_decoded=dense.frames_decoded,
    )


def scenarios(kind: str, count: int) -> list[Scenario]:
    """Whole recordings of a kind, the same for the same numbers; those of validation are the ones that thresholds come from."""
    if kind == "validation":
        return validation_scenarios(count)
    if kind == "escalation":
        return [escalation(SEEDS["test"] + ESCALATION_FROM + i) for i in range(count)]
    first = SEEDS["test"] + HELD_OUT_FROM if kind == "held-out" else SEEDS[kind]
    hospital = HELD_OUT if kind == "held-out" else None
    return [draw(first + i, hospital=hospital) for i in range(count)]


def escalation(seed: int) -> Scenario:
    """A course in which PPV, with pauses, lasts 12 to 48 s in all before chest compressions begin: too short as often as not."""
    rng = np.random.default_rng([seed, 3])
    known = [name for name in FAMILIES if name != HELD_OUT]
    hospital = HELD_OUT if seed % 2 else known[int(rng.integers(len(known)))]
    arrival_s = t = float(rng.uniform(8, 12))
    acts = []

    def then(seconds: float, *kinds: ActKind) -> None:
        nonlocal t
        acts.extend(make_act(rng, kind, t, t + seconds, STANDARD) for kind in kinds)
        t += seconds + float(rng.uniform(1.6, 3.0))

    t += float(rng.uniform(2, 4))
    then(float(rng.uniform(7, 14)), "stimulation")
    before_s, parts = float(rng.uniform(12, 48)), int(rng.integers(1, 4))
    for share in rng.dirichlet([6.0] * parts):
        then(max(4.0, before_s * float(share)), "ppv")
        if rng.random() < 0.6:
            then(float(rng.uniform(1, 14)), *_BETWEEN[int(rng.integers(len(_BETWEEN)))])
    then(float(rng.uniform(14, 26)), "ppv", "chest_compressions")
    then(float(rng.uniform(6, 12)), "ppv")
    stays = [Span(arrival_s, t + 5.0)]
    return compose(seed, acts, stays, duration_s=round(t, 1), difficulty=STANDARD, hospital=hospital)


def looked(kind: str, count: int) -> list[Looked]:
    """The first `count` videos of a kind with their windows, made where they are not there yet."""
    detector: Detector | None = None
    found = []
    bundle = weights()
    for scenario in scenarios(kind, count):
        name = video_name(kind, scenario)
        path = BUILD / bundle / f"{name}.npz"
        if not path.exists():
            detector = detector or Detector.load(device="cpu").at_every_pair()
            windows = _detected(scenario, BUILD / "videos" / f"{name}.mp4", detector)
            path.parent.mkdir(parents=True, exist_ok=True)
            windows.save(path)
            print(f"{name}: {len(windows)} windows", flush=True)
        found.append(Looked(scenario, Windows.load(path)))
    return found


def weights() -> str:
    """A short name of what the shipped detector says of windows: its weights and temperatures, not its domain check."""
    config = json.loads((DEFAULT_DETECTOR / CONFIG_FILE).read_text(encoding="utf-8"))
    digests = {name: digest for name, digest in config["files"].items() if name.endswith(".safetensors")}
    digests.pop(DOMAIN_FILE, None)
    return _digest(digests, config["temperatures"])


def video_name(kind: str, scenario: Scenario) -> str:
    """The name under which a video is kept."""
    folder = Path(str(files("resus_doc.tools.simulate")))
    code = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
    return f"{kind}-{scenario.seed}-{_digest(scenario.model_dump(mode='json'), code)}"


def _detected(scenario: Scenario, video: Path, detector: Detector) -> Windows:
    if not video.exists():
        write_video(scenario, video, *SIZE, FPS)
    with tempfile.TemporaryDirectory() as work:
        return detect(video, detector, Path(work))


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def recording(scenario: Scenario) -> Recording:
    """The truth of a recording as the decoder's fit reads it."""
    names = {event.activity for event in scenario.events}
    return Recording(scenario.duration_s, {name: scenario.truth(name) for name in names})


def example(video: Looked) -> Example:
    """A video as the decoder's fit reads it."""
    return Example(recording(video.scenario), video.dense.start_s, video.dense.probabilities.astype(float))


def grid_of(windows: Windows, stride_s: float) -> Grid:
    """How the detector's windows lie on cells of one pair of grid frames."""
    cell_s = 2 / windows.grid_fps
    return Grid(windows.labels, cell_s, round(windows.window_s / cell_s), round(stride_s / cell_s))


def shipped() -> tuple[DetectorConfig, Decoder]:
    """The shipped detector's configuration and its fitted decoder."""
    config = DetectorConfig.model_validate_json((DEFAULT_DETECTOR / CONFIG_FILE).read_text(encoding="utf-8"))
    fitted = decoder.read(DEFAULT_DETECTOR)
    if fitted is None:
        raise SystemExit("The shipped bundle has no decoder: run scripts/fit_decoder.py first.")
    return config, fitted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("validation", "test", "held-out", "escalation"))
    parser.add_argument("videos", type=int)
    options = parser.parse_args()
    looked(options.kind, options.videos)


if __name__ == "__main__":
    main()
