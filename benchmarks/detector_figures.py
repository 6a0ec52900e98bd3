"""Figures of the shipped detector and of the rows beside it on rendered test videos, written to docs/detector-figures.md.

    python benchmarks/detector_figures.py [--videos 20] [--fps 25] [--jobs 1] [--no-held-out]

Test videos are whole recordings that `resus-doc simulate --split test` writes from a seed of their own, read through the same
reader as any other video; those of the held-out room family stand in columns of their own. Rows: always yes, the shipped
bundle, the same with its adapter turned off and tuned anew, and the bundles that `scripts/detector_baselines.py` left in
build/detector/bundles. The shipped one is also asked about harder rooms. Videos, frames and finished rows are kept in build/detector/test,
so that a row added later costs only itself.
"""

import argparse
import hashlib
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from decoder_data import weights
from detector_baselines import BUNDLES
from detector_data import HARDEST, SEEDS, drawing_code
from detector_ship import BUILD, validation_videos

from resus_doc.models.bundle import CARD_FILE, CONFIG_FILE, DOMAIN_FILE
from resus_doc.models.detector import Detector
from resus_doc.models.judgement import Figures
from resus_doc.settings import DEFAULT_DETECTOR
from resus_doc.tools import compare, compare_pages
from resus_doc.tools.compare import Contender, Row
from resus_doc.tools.compare_groups import FAMILIAR, HELD_OUT, Tests
from resus_doc.tools.dataset import open_dataset, read_cases
from resus_doc.tools.evaluation_pages import Table, markdown
from resus_doc.tools.frame_cache import cache
from resus_doc.tools.simulate import look
from resus_doc.tools.simulate.dataset import write_dataset
from resus_doc.tools.simulate.scenario import STANDARD

OUT = Path("docs/detector-figures.md")
WIDTH = 480
EQUAL = "lora, as short"
ROWS = {
    "single frame": "single",
    "shuffled frames": "shuffled",
    "head only": "head",
    EQUAL: "equal",
    "full": "full",
    "timesformer": "timesformer",
}


def test_videos(
    folder: Path, videos: int, fps: float, jobs: int, held_out: bool, difficulty: float = STANDARD
) -> Tests:
    """The test videos of both groups; written where they are not there yet."""
    groups = {FAMILIAR: None, HELD_OUT: look.HELD_OUT} if held_out else {FAMILIAR: None}
    found = {}
    for group, hospital in groups.items():
        place = folder / f"{(hospital or 'training families').replace(' ', '-')}-{videos}-{fps:g}-{difficulty:g}"
        if not place.exists():
            partial = place.with_name(place.name + f".partial-{time.time_ns()}")
            write_dataset(
                partial,
                videos=videos,
                seed=SEEDS["test"],
                split="test",
                hospital=hospital,
                difficulty=difficulty,
                width=WIDTH,
                fps=fps,
                jobs=jobs,
            )
            partial.rename(place)
        dataset = open_dataset(place)
        found[group] = read_cases(dataset.of("test"), dataset.labels)
    return found


def kept(path: Path, make: Callable[[], Row]) -> Row:
    """A row that was counted before, or the one that is counted now."""
    if path.exists():
        name, note, *lines = path.read_text(encoding="utf-8").splitlines()
        pairs = (line.split("\t", 1) for line in lines)
        return Row(name, {group: Figures.model_validate_json(text) for group, text in pairs}, note)
    row = make()
    lines = [f"{group}\t{figures.model_dump_json()}" for group, figures in row.figures.items()]
    path.write_text("\n".join([row.name, row.note, *lines]) + "\n", encoding="utf-8")
    print(row.name, {group: figures.windows.macro_f1_activities for group, figures in row.figures.items()}, flush=True)
    return row


def rows_of(tests: Tests, work: Path, mark: str) -> list[Row]:
    """All rows whose bundle is there, in the table's order."""
    bundles = {"adapter off": DEFAULT_DETECTOR, "lora": DEFAULT_DETECTOR}
    bundles |= {name: BUNDLES / stage for name, stage in ROWS.items()}
    shipped = Detector.load(DEFAULT_DETECTOR, "cpu")
    rows = [compare.always_yes(tests, shipped, work / "frames")]
    for name, folder in bundles.items():
        if not folder.exists():
            continue
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        config["files"].pop(CARD_FILE, None)  # it holds these figures
        digest = hashlib.sha256(f"{config}{mark}".encode()).hexdigest()[:16]
        path = work / f"{name.replace(' ', '-')}-{digest}.txt"

        def count(name: str = name, folder: Path = folder) -> Row:
            detector = Detector.load(folder, "cpu")
            off = name == "adapter off"
            contender = Contender(name, detector, off, "" if off else compare.told(detector))
            return compare.row(contender, tests, list(validation_videos()) if off else [], work / "frames")

        known = None if name == "adapter off" else compare.learned(config["training"])
        rows.append(kept(path, count)._replace(learned=known))
    return compare.ordered([*rows, *compare.absent([row.name for row in rows])])


def harder(tests: Tests, work: Path) -> list[Table]:
    """The shipped detector in the hardest rooms of its training."""
    detector = Detector.load(DEFAULT_DETECTOR, "cpu")
    row = compare.row(Contender("lora", detector, False, compare.told(detector)), tests, [], work / "frames")
    return [
        table._replace(title=f"{table.title}, difficulty {HARDEST:g} in place of {STANDARD:g}")
        for table in compare_pages.tables_by_group([row])
    ]


def trained() -> list[str]:
    """What the rows' bundles say of their training, beside the columns of the table."""
    found = []
    for name, stage in ROWS.items():
        path = BUNDLES / stage / CONFIG_FILE
        if path.exists():
            told = json.loads(path.read_text(encoding="utf-8"))["training"]
            facts = told[told["method"]]
            sight = f" after {facts['sight_steps']} steps of learning to see" if "sight_steps" in facts else ""
            found.append(f"{name} {facts['clips']} clips{sight}")
    if not found:
        return []
    return [
        f"Learned from: {'; '.join(found)}. The row '{EQUAL}' is the shipped recipe in one stage of fewer steps and clips."
    ]


def sizes() -> str:
    """How many weights the shipped detector has, and the TimeSformer beside it, where that is there."""
    known = {"the shipped detector": DEFAULT_DETECTOR, "the TimeSformer": BUNDLES / ROWS["timesformer"]}
    told = [f"{name} {weights_of(folder) / 1e6:.1f} million" for name, folder in known.items() if folder.exists()]
    return f"Weights: {', '.join(told)}."


def weights_of(folder: Path) -> int:
    """All weights of a bundle that make its probabilities."""
    count = 0
    for path in folder.rglob("*.safetensors"):
        if path.name != DOMAIN_FILE:
            with safe_open(path, "np") as file:
                count += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    return count


def seconds_a_minute(tests: Tests, work: Path) -> float:
    """Model time of the shipped detector for a minute of video, frames at hand."""
    detector = Detector.load(DEFAULT_DETECTOR, "cpu")
    video = cache(tests[FAMILIAR][:1], detector.config, work / "frames")[0]
    started = time.perf_counter()
    detector.video_logits(video.frames)
    return (time.perf_counter() - started) / (len(video.frames) / detector.config.grid_fps / 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=20, help="of each group; half as many in harder rooms")
    parser.add_argument("--fps", type=float, default=25)
    parser.add_argument("--jobs", type=int, default=1, help="videos rendered at a time")
    parser.add_argument(
        "--no-held-out", action="store_true", help="leave out the room family that was never trained on"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    work = BUILD / "test" / drawing_code()
    (work / "frames").mkdir(parents=True, exist_ok=True)
    tests = test_videos(work, options.videos, options.fps, options.jobs, not options.no_held_out)
    rows = rows_of(tests, work, f"{options}")
    told = [
        "Measured on videos drawn by this package from seeds that no training or tuning used, encoded as H.264 and read as "
        f"any video is. They say nothing about real recordings. Detector {weights()}.",
        *compare_pages.explanation(rows),
        *trained(),
        sizes(),
        f"Model time of the shipped detector, one CPU thread: {seconds_a_minute(tests, work):.2f} s per minute of video.",
        f"Made by `python benchmarks/detector_figures.py {' '.join(sys.argv[1:])}`".rstrip() + ".",
    ]
    hard = test_videos(work, options.videos // 2, options.fps, options.jobs, not options.no_held_out, HARDEST)
    tables = [*compare_pages.tables_by_group(rows), *harder(hard, work)]
    OUT.write_text(markdown("Figures of the shipped detector", told, tables), encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
