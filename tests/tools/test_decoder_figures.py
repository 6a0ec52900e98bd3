"""The columns of the decoders' table, on a timeline that misses one activity of a known course."""

import sys

import numpy as np
import pytest

from resus_doc.tools.simulate.scenario import draw
from resus_doc.tools.timeline import timeline_from_annotations
from resus_doc.tools.windows import Windows

LABELS = ("baby_visible", "ppv", "stimulation", "suction")


@pytest.fixture
def figures(repository, monkeypatch):
    folders = [str(repository / "benchmarks"), str(repository / "scripts")]
    monkeypatch.setattr(sys, "path", [*folders, *sys.path])
    import decoder_figures

    return decoder_figures


def without_suction(video):
    events = [event for event in video.scenario.annotations() if event.activity != LABELS[-1]]
    return timeline_from_annotations(events, video.scenario.duration_s)


def test_the_least_share_of_one_activity_stands_beside_the_mean(figures):
    scenario = draw(20_000_003, duration_s=90)
    assert all(scenario.truth(label) for label in LABELS)
    windows = Windows(np.zeros(1), 2.0, 1.0, LABELS, np.zeros((1, len(LABELS)), np.float32), None, 8.0, 0)
    cells = figures.row("without suction", [figures.Looked(scenario, windows)], without_suction)
    told = dict(zip(figures.COLUMNS, cells, strict=True))
    assert (told["first within 2 s"], told["least of one"]) == ("0.667", "0.000")
