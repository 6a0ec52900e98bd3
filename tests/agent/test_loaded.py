"""The shipped models stay loaded from one video to the next, and no video's report knows of another one."""

import os
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.agent.loaded import LoadedModels
from resus_doc.agent.report import make_report
from resus_doc.agent.request import Request
from resus_doc.tools.simulate.dataset import write_dataset


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("simulated") / "set"
    write_dataset(folder, videos=2, seed=8, duration_s=12, width=96, fps=8, split="test")
    return sorted(folder.rglob("*.mp4"))


def report(video: Path, out: Path, models: LoadedModels | None) -> dict:
    made = make_report(Request(video=video, out=out, settings=settings.load()), models)
    content = made.model_dump(mode="json")
    content["provenance"].pop("seconds")
    return content


def test_reports_of_models_that_stay_are_those_of_fresh_ones(videos, tmp_path):
    models = LoadedModels()
    try:
        first = report(videos[0], tmp_path / "first", models)
        detector, engine = models.detector(settings.load()), models.engine(settings.load())
        second = report(videos[1], tmp_path / "second", models)
        assert models.detector(settings.load()) is detector
        assert models.engine(settings.load()) is engine
        worker = engine.worker_pid
        assert worker is not None
    finally:
        models.close()
    assert not Path(f"/proc/{worker}").exists() or os.waitpid(worker, os.WNOHANG)[0] == worker
    assert second == report(videos[1], tmp_path / "alone", None)
    assert first["provenance"]["language_model"] is not None
    assert first["provenance"]["detector"] == second["provenance"]["detector"]


def test_another_detector_takes_the_place_of_the_first(random_bundle):
    models = LoadedModels()
    shipped = models.detector(settings.load())
    other = models.detector(settings.load(detector=random_bundle))
    assert other is not shipped
    assert models.detector(settings.load(detector=random_bundle)) is other
    assert models.detector(settings.load()).config == shipped.config
