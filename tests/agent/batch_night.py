"""A night's videos for the tests of batches: small, quick, annotated by hand, so that no detector is needed."""

import csv
from pathlib import Path

import av
import numpy as np

from resus_doc.agent.batch_video import Task, debrief
from resus_doc.agent.batch_workers import Finished, Message, Progressed
from resus_doc.agent.loaded import LoadedModels

TIMELINE = "activity,start_s,end_s\nbaby_visible,0,8\nppv,{start},6\nstimulation,1,2\n"


def write_video(path: Path, seed: int, seconds: float = 8.0) -> Path:
    """A small video of noise; another seed gives other content."""
    random = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(round(seconds * 4)):
            image = random.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_night(folder: Path, videos: int, *, seconds: float = 8.0) -> Path:
    """A folder of videos with a timeline each, and a manifest, whose place is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(videos):
        name = f"night {number:02d}.mp4"
        write_video(folder / name, number, seconds)
        (folder / f"night {number:02d}.csv").write_text(TIMELINE.format(start=3 + number % 3))
        rows.append(
            {"video": name, "annotations": f"night {number:02d}.csv", "birth_time": "-0:30", "gestation": "39+2"}
        )
    return write_manifest(folder / "night.csv", rows)


def write_manifest(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, sorted({name for row in rows for name in row}))
        table.writeheader()
        table.writerows(rows)
    return path


def contents(out: Path) -> dict[str, bytes]:
    """What a finished batch is: tables and case folders, without the seconds that differ from run to run."""
    import json

    found: dict[str, bytes] = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.is_dir() or name.startswith(("ledger.", ".batch.lock")):
            continue
        if path.name in ("report.json", "run.json"):
            content = json.loads(path.read_text())
            content.get("provenance", content).pop("seconds", None)
            found[name] = json.dumps(content, sort_keys=True).encode()
        else:
            found[name] = path.read_bytes()
    return found


class Here:
    """Works in the test's own process, one task at a time: no process has to start."""

    def __init__(self, _count: int = 1) -> None:
        self._models = LoadedModels()
        self._said: list[Message] = []

    @property
    def idle(self) -> bool:
        return not self._said

    size = 1

    @property
    def busy(self) -> bool:
        return bool(self._said)

    def submit(self, task: Task) -> None:
        result = debrief(task, self._models, lambda *step: self._said.append(Progressed(task, *step)))
        self._said.append(Finished(task, result))

    def wait(self, _timeout_s: float) -> list[Message]:
        said, self._said = self._said, []
        return said

    def close(self) -> None:
        self._models.close()
