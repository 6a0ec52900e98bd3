"""The report agent on real files: every edge of its graph is walked, and what it writes is looked at."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from damaged_videos import break_off

sys.path.pop(0)

from resus_doc import settings
from resus_doc.agent.loaded import LoadedModels
from resus_doc.agent.report import ReportGraph, make_report
from resus_doc.agent.request import Request
from resus_doc.cli import display
from resus_doc.errors import BundleBroken, InputRefused, LanguageModelBroken, ResourceMissing, UsageError
from resus_doc.models.detector import Detector
from resus_doc.schema import Report, Span
from resus_doc.tools import detect, formats, look_again

ONSET_TOLERANCE_S = 1.0
"""What the project promises for the sample video."""


def a_request(out: Path, *, video: Path = settings.SAMPLE_VIDEO, **changes) -> Request:
    llm = changes.pop("llm", "none")
    return Request(video=video, out=out, settings=settings.load(llm=llm), **changes)


def steps_of(report: Report) -> set[str]:
    return set(report.provenance["seconds"])


@pytest.fixture(scope="module")
def noise_video(tmp_path_factory) -> Path:
    """Four seconds of coloured noise: unlike anything the detector was trained on."""
    import av

    path = tmp_path_factory.mktemp("noise") / "noise.mp4"
    chance = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for _ in range(32):
            frame = av.VideoFrame.from_ndarray(chance.integers(0, 255, (120, 160, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def sample_case(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("sample") / "case"


@pytest.fixture(scope="module")
def sample_report(sample_case) -> Report:
    return make_report(a_request(sample_case, llm=str(settings.DEFAULT_LLM)))


def test_a_second_look_reads_a_stretch_in_the_light_of_the_whole_recording(sample_report, sample_case, monkeypatch):
    """Of an activity that goes on beyond the stretch the record's edges are found, as far as the stretch was not seen again."""
    ppv = max((event for event in sample_report.events if event.activity == "ppv"), key=lambda event: event.duration_s)
    detector = Detector.load(device="cpu")
    middle_s = (ppv.start_s + ppv.end_s) / 2
    _, steps, events = look_again.look(sample_case, sample_report, Span(middle_s - 0.5, middle_s + 0.5), detector)
    (again,) = [event for event in events if event.activity == "ppv"]
    assert steps == 4 and (again.start_s, again.end_s) == pytest.approx((ppv.start_s, ppv.end_s), abs=0.5)
    monkeypatch.setattr(detector, "decoder", None)
    stretch, _, events = look_again.look(sample_case, sample_report, Span(middle_s - 0.5, middle_s + 0.5), detector)
    (alone,) = [event for event in events if event.activity == "ppv"]
    assert (alone.start_s, alone.end_s) == pytest.approx(stretch, abs=0.25)


def test_the_next_video_is_read_while_this_one_is_written_up_and_its_report_is_the_same(
    noise_video, tmp_path, monkeypatch
):
    plain = make_report(a_request(tmp_path / "plain", video=noise_video))
    monkeypatch.setattr(detect, "reads_ahead", lambda _detector: True)  # as where a GPU detects
    models = LoadedModels()
    models.following = noise_video
    make_report(a_request(tmp_path / "first", video=noise_video), models)
    opened = models._opened
    assert opened is not None and opened.path == noise_video
    models.following = None
    again = make_report(a_request(tmp_path / "second", video=noise_video), models)
    assert models._opened is None and not opened.batches._reader.is_alive()
    assert (again.events, again.measures, again.findings) == (plain.events, plain.measures, plain.findings)
    assert again.provenance["frames_decoded"] == plain.provenance["frames_decoded"]
    models.following = noise_video
    make_report(a_request(tmp_path / "third", video=noise_video), models)
    opened = models._opened
    models.close()
    assert opened is not None and not opened.batches._reader.is_alive()


def test_the_sample_s_events_match_its_truth(sample_report):
    truth = formats.read_annotations(settings.SAMPLE_VIDEO.with_suffix(".txt"))
    assert {event.activity for event in truth} > {"ppv", "cpap", "stimulation", "suction", "chest_compressions"}
    for event in truth:
        found = [each for each in sample_report.events if each.activity == event.activity]
        nearest = min(abs(each.start_s - event.start_s) for each in found)
        assert nearest <= ONSET_TOLERANCE_S, (event.activity, event.start_s, [each.start_s for each in found])


def test_the_sample_s_report_is_whole(sample_report):
    assert sample_report.domain_check is not None and sample_report.domain_check.in_domain
    assert sample_report.domain_check.validated_from is not None and not sample_report.is_unusual
    assert sample_report.time_zero.source == "table_arrival"
    assert {section.section for section in sample_report.narrative} >= {"summary", "timeline", "adherence"}
    assert steps_of(sample_report) >= {
        "probe",
        "detect",
        "timeline",
        "measure",
        "adhere",
        "retrieve",
        "write",
        "verify",
    }
    known = {
        each.id for group in ("events", "measures", "findings", "passages") for each in getattr(sample_report, group)
    }
    cited = {cite for section in sample_report.narrative for sentence in section.sentences for cite in sentence.cites}
    assert cited and cited <= known


def test_the_same_video_gives_the_same_report(sample_report, tmp_path):
    again = make_report(a_request(tmp_path / "case", llm=str(settings.DEFAULT_LLM)))
    assert again.model_copy(update={"provenance": {}}) == sample_report.model_copy(update={"provenance": {}})


def test_without_a_language_model_the_facts_are_the_same(sample_report, tmp_path):
    plain = make_report(a_request(tmp_path / "case"))
    assert "write" not in steps_of(plain)
    for part in ("events", "measures", "findings", "passages"):
        assert getattr(plain, part) == getattr(sample_report, part)
    assert {sentence.origin for section in plain.narrative for sentence in section.sentences} == {"template"}


def test_a_video_unlike_the_training_data_is_withheld(noise_video, tmp_path):
    report = make_report(a_request(tmp_path / "case", video=noise_video))
    assert "withhold" in steps_of(report) and "measure" not in steps_of(report)
    assert report.domain_check is not None and not report.domain_check.in_domain
    assert report.events == ()
    assert {finding.verdict for finding in report.findings} == {"not_assessable"}


def test_annotations_take_the_detector_s_place(tmp_path):
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    report = make_report(a_request(tmp_path / "case", annotations=annotations))
    assert "detect" not in steps_of(report)
    assert report.domain_check is None
    assert {event.source for event in report.events} == {"annotation"}


def test_an_existing_case_is_replaced_only_when_asked(tmp_path):
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    make_report(a_request(tmp_path / "case", annotations=annotations))
    before = (tmp_path / "case" / "report.json").read_bytes()
    with pytest.raises(UsageError, match="case"):
        make_report(a_request(tmp_path / "case", annotations=annotations, case_id="other"))
    assert (tmp_path / "case" / "report.json").read_bytes() == before
    report = make_report(a_request(tmp_path / "case", annotations=annotations, case_id="other", replace=True))
    assert report.case_id == "other"


def _cut(whole):
    return whole[: len(whole) // 2]


def _of_unknown_architecture(whole):
    return whole.replace(b"llama", b"lxama")


def _without_template(whole):
    return whole.replace(b"tokenizer.chat_template", b"tokenizer.chat_xxxxxxxx")


def _with_small_context(whole):
    key = b"llama.context_length"
    value = whole.index(key) + len(key) + 4
    return whole[:value] + (100).to_bytes(4, "little") + whole[value + 4 :]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (_cut, "cut short"),
        (_of_unknown_architecture, "does not know"),
        (_without_template, "no chat template"),
        (_with_small_context, "too small: it holds 100 tokens"),
        (None, "not enough memory"),
    ],
)
def test_a_broken_language_model_is_an_error_only_when_it_was_asked_for(tmp_path, random_model, damage, what):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(random_model.read_bytes() if damage is None else damage(random_model.read_bytes()))
    if damage is None:
        os.truncate(broken, 1 << 42)
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    report = make_report(a_request(tmp_path / "case", annotations=annotations, llm=str(broken)))
    notes = " ".join(report.provenance["notes"])
    assert "broken.gguf" in notes and what in notes
    assert {sentence.origin for section in report.narrative for sentence in section.sentences} == {"template"}
    with pytest.raises(LanguageModelBroken, match=what) as caught:
        make_report(a_request(tmp_path / "other", annotations=annotations, llm=str(broken), llm_asked_for=True))
    assert caught.value.remedy and caught.value.exit_status == 4


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [({"guideline": "nope"}, UsageError), ({"llm": "qwen3-4b"}, LanguageModelBroken)],
)
def test_a_wrong_guideline_or_model_is_told_before_any_work(tmp_path, monkeypatch, wrong, refusal):
    monkeypatch.setattr(LoadedModels, "detector", lambda *_: pytest.fail("the detector was loaded"))
    chosen = settings.load(**{"llm": "none", **wrong})
    with pytest.raises(refusal, match=next(iter(wrong.values()))):
        make_report(Request(settings.SAMPLE_VIDEO, tmp_path / "case", chosen, llm_asked_for=True))
    assert list(tmp_path.iterdir()) == []


def test_a_broken_bundle_is_refused(tmp_path):
    (tmp_path / "bundle").mkdir()
    chosen = settings.load(llm="none", detector=tmp_path / "bundle")
    with pytest.raises(BundleBroken, match="bundle"):
        make_report(Request(video=settings.SAMPLE_VIDEO, out=tmp_path / "case", settings=chosen))
    assert not (tmp_path / "case").exists()


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, sample_report):
    """SIGKILL during detection; the resumed run decodes only what was not finished."""
    out = tmp_path / "case"
    command = [sys.executable, "-m", "resus_doc.cli", "report", "--sample", "-o", str(out), "--llm", "none"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / ".case.work" / "detect"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("*.npz")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    running.kill()
    running.wait()
    assert not out.exists()
    subprocess.run([*command, "--resume"], check=True, capture_output=True, timeout=240)
    report = Report.model_validate_json((out / "report.json").read_text())
    assert report.events == sample_report.events
    decoded = json.loads((out / "run.json").read_text())["frames_decoded"]
    assert 0 < decoded < sample_report.provenance["frames_decoded"]
    assert not (tmp_path / ".case.work").exists()


def test_a_second_report_in_the_same_place_is_refused_and_the_first_goes_on(tmp_path):
    place, annotations = tmp_path / "case", settings.SAMPLE_VIDEO.with_suffix(".txt")
    refused = []

    def begin_another(step: str, _fraction: float | None) -> None:
        if step == "measure":
            for resume in (False, True):
                with pytest.raises(UsageError, match=r"being made in .*case already \(since 20.*process") as told:
                    make_report(a_request(place, case_id="other", annotations=annotations, resume=resume))
                refused.append(told.value.remedy)

    report = make_report(a_request(place, case_id="first", annotations=annotations, progress=begin_another))
    assert report.case_id == "first" and len(refused) == 2 and "-o" in refused[0]
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_the_lock_of_a_killed_run_stops_nobody(tmp_path):
    place, annotations = tmp_path / "case", settings.SAMPLE_VIDEO.with_suffix(".txt")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom resus_doc import settings\n"
        "from resus_doc.agent.report import make_report\n"
        "from resus_doc.agent.request import Request\n"
        "killed = lambda step, _: os.kill(os.getpid(), 9) if step == 'plan' else None\n"
        "place, annotations = map(Path, sys.argv[1:])\n"
        "make_report(Request(settings.SAMPLE_VIDEO, place, settings.load(llm='none'), annotations=annotations, "
        "progress=killed))\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, place, annotations], timeout=200)
    assert killed.returncode == -9
    assert {path.name for path in tmp_path.iterdir()} == {".case.work", ".case.making"}
    steps: list[str] = []
    make_report(a_request(place, annotations=annotations, resume=True, progress=lambda step, _: steps.append(step)))
    assert steps[0] == "plan" and [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_full_disk_is_told_at_the_lock_and_nothing_is_left(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(ResourceMissing, match="File too large"):
            make_report(a_request(tmp_path / "case", annotations=settings.SAMPLE_VIDEO.with_suffix(".txt")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_random_weights_give_the_facts_and_the_template_sentences(random_model, tmp_path):
    """Every sentence is refused, written again twice, and replaced: the edge from verify back to write."""
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    rounds = []

    def count(step: str, fraction: float | None) -> None:
        if fraction is None:
            rounds.append(step)

    worst = make_report(a_request(tmp_path / "worst", annotations=annotations, llm=str(random_model), progress=count))
    plain = make_report(a_request(tmp_path / "plain", annotations=annotations))
    assert rounds.count("write") == rounds.count("verify") == 3
    for part in ("events", "measures", "findings", "passages"):
        assert getattr(worst, part) == getattr(plain, part)
    texts = [
        [sentence.text for section in report.narrative for sentence in section.sentences] for report in (worst, plain)
    ]
    assert texts[0] == texts[1]


def test_a_run_killed_right_after_its_last_step_is_done(tmp_path, monkeypatch):
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    render = ReportGraph.render

    def killed(self, state):
        render(self, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(ReportGraph, "render", killed)
    with pytest.raises(KeyboardInterrupt):
        make_report(a_request(tmp_path / "case", annotations=annotations))
    monkeypatch.setattr(ReportGraph, "render", render)
    written = (tmp_path / "case" / "report.json").read_bytes()
    make_report(a_request(tmp_path / "case", annotations=annotations, resume=True))
    assert (tmp_path / "case" / "report.json").read_bytes() == written
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_vital_signs_reach_the_report_and_the_rules(tmp_path):
    vitals = tmp_path / "monitor.csv"
    vitals.write_text("time_s,hr_bpm\n" + "".join(f"{t + 500},55\n" for t in range(0, 100, 2)) + "600,?\n")
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    asked = {"annotations": annotations, "vitals": vitals, "vitals_offset_s": -500.0, "birth_time_s": -20.0}
    report = make_report(a_request(tmp_path / "case", **asked))
    assert report.vitals is not None
    assert report.vitals.readings("hr_bpm")[1] == (2.0, 55.0)
    assert any("hr_bpm" in str(note) for note in report.provenance["notes"])
    verdicts = {finding.rule_id: finding.verdict for finding in report.findings}
    assert verdicts["aha-2025.compressions-heart-rate"] == "met"
    assert verdicts["aha-2025.ppv-within-60s"] == "met"


def test_a_resumed_run_must_have_the_same_vital_signs(tmp_path):
    vitals = tmp_path / "monitor.csv"
    vitals.write_text("time_s,hr_bpm\n1,90\n")
    asked = a_request(tmp_path / "case", vitals=vitals)
    keys = {asked.key(), a_request(tmp_path / "case").key()}
    keys.add(a_request(tmp_path / "case", vitals=vitals, vitals_offset_s=1.0).key())
    vitals.write_text("time_s,hr_bpm\n1,91\n")
    keys.add(asked.key())
    assert len(keys) == 4


def test_vital_signs_on_another_clock_are_refused_before_any_work(tmp_path):
    vitals = tmp_path / "monitor.csv"
    vitals.write_text("time_s,hr_bpm\n90000,90\n")
    with pytest.raises(InputRefused, match="another clock"):
        make_report(a_request(tmp_path / "case", vitals=vitals))
    assert not (tmp_path / ".case.work").exists()


def test_an_undecided_verdict_sends_the_agent_back_to_the_video(sample_report, tmp_path):
    """Birth is set so that PPV began 60 s after it, as far as the first look could tell."""
    onset_s = next(event for event in sample_report.events if event.activity == "ppv").start_s
    birth_s = onset_s - 60.0
    readings = "".join(f"{t},{62 + t % 3}\n" for t in range(int(birth_s), 100))
    (tmp_path / "monitor.csv").write_text(f"time_s,hr_bpm\n{readings}")
    report = make_report(a_request(tmp_path / "case", birth_time_s=birth_s, vitals=tmp_path / "monitor.csv"))
    assert "look" in steps_of(report)
    look = next(look for look in report.closer_looks if look.rule_id == "aha-2025.ppv-within-60s")
    assert (look.before, look.reason) == ("indeterminate", "uncertain_edge")
    assert look.start_s < onset_s < look.end_s
    (finding,) = [finding for finding in report.findings if finding.rule_id == look.rule_id]
    assert finding.verdict == look.after
    assert "Looked closer" in (tmp_path / "case" / "report.html").read_text()


def test_two_recordings_of_a_case_stand_on_one_timeline(small_dataset, random_bundle, tmp_path):
    first, second = sorted((small_dataset / "videos" / "train").glob("*.mp4"))[:2]
    chosen = settings.load(llm="none", detector=random_bundle)
    request = Request(
        video=first,
        more_videos=(second,),
        offsets_s=(40.0,),
        out=tmp_path / "case",
        settings=chosen,
        birth_time_s=-20.0,
    )
    report = make_report(request)
    assert [(r.name, r.start_s) for r in report.recordings] == [(first.name, 0.0), (second.name, 40.0)]
    assert report.video.duration_s == pytest.approx(40.0 + report.recordings[1].duration_s)
    assert report.observed_s <= sum(r.duration_s for r in report.recordings) + 0.01
    assert all(not 12.2 < event.start_s < 40.0 for event in report.events)
    assert any("2 recordings" in note for note in report.provenance["notes"])
    places = json.loads((tmp_path / "case" / "run.json").read_text())["video_files"]
    assert [(tmp_path / "case" / place).resolve() for place in places] == [first.resolve(), second.resolve()]
    rows = (tmp_path / "case" / "windows.csv").read_text().splitlines()
    assert len(rows) > 20


def test_a_last_recording_that_breaks_off_ends_the_case_there(small_dataset, random_bundle, tmp_path):
    first, second = sorted((small_dataset / "videos" / "train").glob("*.mp4"))[:2]
    broken = break_off(Path(shutil.copy(second, tmp_path)), 0.6)
    chosen = settings.load(llm="none", detector=random_bundle)
    places = {"video": first, "more_videos": (broken,), "offsets_s": (40.0,)}
    report = make_report(Request(**places, out=tmp_path / "case", settings=chosen))
    assert 0 < report.recordings[1].duration_s < 12
    assert report.video.duration_s == pytest.approx(40.0 + report.recordings[1].duration_s, abs=0.01)
    assert any("unreadable from" in note for note in report.provenance["notes"])


@pytest.fixture(scope="module")
def damaged_video(tmp_path_factory) -> Path:
    """The sample video with the pictures from 40 to 50 s, where the next key frame is, destroyed: the end of its first PPV."""
    import av

    path = tmp_path_factory.mktemp("damaged") / "damaged.mp4"
    data = bytearray(settings.SAMPLE_VIDEO.read_bytes())
    with av.open(str(settings.SAMPLE_VIDEO)) as container:
        for packet in container.demux(video=0):
            if packet.size and 40 <= packet.pts * packet.time_base < 50:
                data[packet.pos + 8 : packet.pos + packet.size] = bytes(packet.size - 8)
    path.write_bytes(data)
    return path


def test_lost_pictures_are_told_and_count_as_unobserved(damaged_video, sample_report, tmp_path, capsys):
    report = make_report(a_request(tmp_path / "case", video=damaged_video))
    assert report.video.lost == (pytest.approx((40.0, 50.0), abs=0.1),)
    (lost,) = report.video.lost
    assert report.observed_s == pytest.approx(sample_report.observed_s - 10.0, abs=0.2)
    assert all(span.end_s <= lost.start_s or span.start_s >= lost.end_s for span in report.observed)
    assert all(event.end_s <= lost.start_s or event.start_s >= lost.end_s for event in report.events)
    (ppv,) = [event for event in report.events if event.activity == "ppv" and event.start_s < lost.start_s]
    assert ppv.end_range_s[1] == pytest.approx(lost.end_s, abs=0.01)
    assert not ppv.censored_end
    display.finished(report, tmp_path / "case")
    printed = " ".join(capsys.readouterr().out.split())
    told = "The video file is damaged: 10 s of pictures are missing in 1 place (0:40); nothing is said about them."
    assert told in printed
    assert "pictures are missing in 1 place (" in (tmp_path / "case" / "report.html").read_text()
    assert told in (tmp_path / "case" / "report.md").read_text()


def test_lost_pictures_of_a_further_recording_stand_on_the_common_clock(damaged_video, tmp_path):
    report = make_report(a_request(tmp_path / "case", more_videos=(damaged_video,), offsets_s=(200.0,)))
    assert report.video.lost == (pytest.approx((240.0, 250.0), abs=0.1),)
    assert not any(span.start_s < 244.0 < span.end_s for span in report.observed)


def test_annotations_belong_to_one_recording(tmp_path):
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    request = a_request(
        tmp_path / "case", annotations=annotations, more_videos=(settings.SAMPLE_VIDEO,), offsets_s=(200.0,)
    )
    with pytest.raises(UsageError, match="one recording"):
        make_report(request)
