"""Clips show the recording's own pictures at the right times, whatever its clock does; the reel holds them all."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import event, hostile_report, sample_report, withheld_report
from test_video import write_video

sys.path.pop(0)

from resus_doc.errors import InputRefused, ResourceMissing, UsageError, VideoRefused
from resus_doc.schema import Report, Span, TimeZero
from resus_doc.tools import captions, case_writer, casefolder, clips, thumbnails
from resus_doc.tools.clips import Clip, in_order, plan
from resus_doc.tools.purge import purge
from resus_doc.tools.reel import make_reel
from resus_doc.tools.video import pictures_at, probe

SIZE = (320, 240)
UNSTEADY_MS = [
    sum((33, 225, 67, 102, 50, 175, 48)[k % 7] for k in range(n)) + (700 if n > 40 else 0) for n in range(100)
]
"""Some pictures stand long and others briefly, and once nothing comes for 0.7 s."""


def numbered(number: int, size=SIZE) -> np.ndarray:
    """The number as ten upright bars in the upper half, the lowest bit at the left; the lower half is grey."""
    width, height = size
    bits = np.array([235 * (number >> (10 * x // width) & 1) for x in range(width)], np.uint8)
    picture = np.full((height, width, 3), 110, np.uint8)
    picture[: height // 2] = bits[None, :, None]
    return picture


def number_of(picture: np.ndarray) -> int:
    """Reads it back from the picture of a clip, its caption bar taken off."""
    height = picture.shape[0] - captions.bar_height(picture.shape[1])
    row = picture[height // 4, :, 1]
    middles = ((np.arange(10) + 0.5) * picture.shape[1] / 10).astype(int)
    return sum(int(row[x] > 120) << bit for bit, x in enumerate(middles))


def lower_half_is_grey(picture: np.ndarray) -> bool:
    height = picture.shape[0] - captions.bar_height(picture.shape[1])
    return bool(np.abs(picture[3 * height // 4, :, :].astype(int) - 110).max() < 25)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def a_report(video: Path, **changes: object) -> Report:
    """A report on a numbered recording of some ten seconds: PPV twice, with a pause."""
    ppv = (event(1, "ppv", 2.5, 4.0, 0.1), event(2, "ppv", 7.0, 9.5, 0.1))
    found = sample_report().findings[0].model_copy(update={"events": ("E1",), "measures": ()})
    seen = probe(video)
    fields = {
        "video": seen,
        "events": ppv,
        "findings": (found,),
        "measures": (),
        "observed": (Span(0.0, seen.duration_s),),
        "observed_s": seen.duration_s,
        "time_zero": TimeZero(t_s=1.0, range_s=(1.0, 1.0), source="given"),
    }
    return sample_report(**{**fields, **changes})


@pytest.fixture(autouse=True)
def _small_films(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "SIDES", (320, 1280, 720))


@pytest.fixture(scope="module")
def unsteady(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "unsteady.mp4"
    return write_video(path, UNSTEADY_MS, SIZE, pictures=[numbered(n) for n in range(100)])


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded lying on its side: stored upright pictures turned a quarter, with the flag that says so."""
    path = tmp_path_factory.mktemp("videos") / "turned.mp4"
    stored = [np.ascontiguousarray(np.rot90(numbered(n), -1)) for n in range(60)]
    return write_video(path, [100 * n for n in range(60)], SIZE[::-1], pictures=stored, rotation=90)


def test_a_finding_and_a_pause_have_a_clip_each(unsteady: Path) -> None:
    assert [(c.name, c.start_s, c.end_s) for c in plan(a_report(unsteady))] == [("F1", 0.5, 6.0), ("pause-1", 2.0, 9.0)]


def test_a_pause_is_as_long_as_it_was_in_view(unsteady: Path) -> None:
    """The longest is the one longest in view; what was out of view is told apart."""
    ppv = tuple(event(n, "ppv", *edges, 0.1) for n, edges in enumerate(((10, 30), (50, 70), (78.5, 100)), start=1))
    found = sample_report().findings[0].model_copy(update={"events": ("E1",), "measures": ("M18",)})
    report = sample_report(events=ppv, findings=(found,), observed=(Span(0, 33), Span(48, 118)))
    longest, first, second = plan(report)
    assert first.title.startswith("Pause of PPV, 1 of 2: 5 s in view and 15 s out of view, between E1 and E2")
    assert second.title.startswith("Pause of PPV, 2 of 2: 8.5 s, between E2 and E3")
    assert (longest.start_s, longest.end_s) == (second.start_s, second.end_s)


def test_a_clip_shows_the_pictures_of_a_recording_with_an_unsteady_clock_at_their_times(
    unsteady: Path, tmp_path: Path
) -> None:
    report = a_report(unsteady)
    for path, clip in zip(clips.cut(report, unsteady, tmp_path), plan(report), strict=True):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.pix_fmt == "yuv420p" and not container.streams.audio
            times = [float(frame.pts * stream.time_base) for frame in container.decode(video=0)]
        shown = [number_of(picture) for picture in pictures(path)]
        begun = np.array(UNSTEADY_MS) / 1000
        truth = [int(np.sum(begun <= clip.start_s + t + 1e-6)) - 1 for t in times]
        assert shown == truth and len(shown) == int((clip.end_s - clip.start_s) * round(report.video.frame_rate, 2))
        assert len(set(shown)) > 25


def test_a_clip_of_a_turned_recording_stands_upright(turned: Path, tmp_path: Path) -> None:
    report = a_report(turned, events=(event(1, "ppv", 2.5, 4.0, 0.1),))
    assert (report.video.width, report.video.height) == SIZE
    shown = pictures(clips.cut(report, turned, tmp_path)[0])
    assert [number_of(picture) for picture in shown] == list(range(5, 60))
    assert all(lower_half_is_grey(picture) for picture in shown)


def test_the_caption_tells_activity_and_clock(unsteady: Path) -> None:
    report = a_report(unsteady)
    assert clips.caption(report, 3.0) == ("PPV", "0:02 after birth")
    assert clips.caption(report, 5.0) == ("No recognised activity", "0:04 after birth")
    hidden = report.model_copy(update={"observed": (Span(0.0, 4.5), Span(6.0, 10.0))})
    assert clips.caption(hidden, 5.0)[0] == "Baby not in view"


def test_a_bar_is_drawn_without_fonts_of_the_system_and_never_overflows() -> None:
    bar = captions.bar(640, "F1 · Not met · a statement " * 20, "PPV, suction " * 30, "0:42 after birth")
    assert bar.shape == (captions.bar_height(640), 640, 3) and bar.shape[0] % 2 == 0
    assert (bar.min(axis=2) > 200).sum() > 300
    assert (bar[:, :4] == bar[0, 0]).all() and (bar[:, -4:] == bar[0, 0]).all()
    lines = captions.wrapped("word " * 100, 300, 18)
    assert len(lines) == 2 and lines[1].endswith("...")


def test_hostile_text_is_drawn_as_text() -> None:
    assert captions.bar(640, "a\nb\x00\u202e{}%s" + "x" * 5000, "<b>", "").shape[1] == 640
    assert clips.plan(hostile_report())


def test_a_name_from_a_report_cannot_leave_the_folder(unsteady: Path) -> None:
    evil = sample_report().findings[0].model_copy(update={"id": "../../etc/x", "events": ("E1",)})
    assert [c.name for c in plan(a_report(unsteady, findings=(evil,)))] == ["______etc_x", "pause-1"]


def test_a_long_stretch_is_cut_and_says_so() -> None:
    report = sample_report(events=(event(4, "ppv", 10.0, 20.0), event(5, "ppv", 90.0, 100.0)))
    (pause,) = [c for c in plan(report) if c.name.startswith("pause")]
    assert pause.end_s - pause.start_s == clips.LONGEST_S and "its first 18 s" in pause.title


def test_of_a_finding_over_a_long_time_the_last_onset_is_shown() -> None:
    """What is judged of compressions after PPV is when they began."""
    found = (
        sample_report().findings[0].model_copy(update={"events": ("E1", "E2"), "measures": (), "verdict": "not_met"})
    )
    events = (event(1, "ppv", 20.0, 50.0), event(2, "chest_compressions", 52.0, 70.0))
    clip = plan(sample_report(events=events, findings=(found,)))[0]
    assert (clip.start_s, clip.end_s) == (40.0, 60.0)
    assert clip.title.startswith("F1 · Not met (the last 20 s) · ")


def test_what_is_not_met_stands_first_in_the_title_of_a_shared_stretch() -> None:
    first = (
        sample_report().findings[0].model_copy(update={"events": ("E1",), "measures": (), "verdict": "not_assessable"})
    )
    second = first.model_copy(update={"id": "F2", "verdict": "not_met"})
    shown = in_order(plan(sample_report(events=(event(1, "ppv", 20.0, 25.0),), findings=(first, second))))
    assert [clip.title.partition(" · ")[0] for clip in shown] == ["F2"]


def test_nothing_is_shown_of_withheld_events() -> None:
    assert plan(withheld_report()) == ()


def test_the_reel_goes_by_time_and_shows_no_stretch_twice() -> None:
    found = in_order([Clip("F1", "one", 5, 9), Clip("F2", "two", 1, 3), Clip("F3", "three", 5, 9)])
    assert [(c.title, c.start_s) for c in found] == [("two", 1), ("one / three", 5)]


@pytest.fixture
def case(unsteady: Path, tmp_path: Path) -> Path:
    case_writer.write_case(a_report(unsteady), None, tmp_path / "case", replace=False, video=unsteady)
    return tmp_path / "case"


def test_a_reel_is_one_film_of_all_clips_behind_a_card(case: Path, unsteady: Path) -> None:
    done: list[float] = []
    made = make_reel(case, confidentiality="Peer review", progress=done.append)
    assert made == (case / "clips" / "reel.mp4", 2) and done[-1] > 0.99
    report = casefolder.read_report(case)
    shown = pictures(made.path)
    fps = round(report.video.frame_rate, 2)
    card = round(clips.CARD_S * fps)
    assert len(shown) == card + int(5.5 * fps) + int(7.0 * fps)
    starts = [number_of(shown[at]) for at in (card, card + int(5.5 * fps))]
    begun = np.array(UNSTEADY_MS) / 1000
    assert starts == [int(np.sum(begun <= t)) - 1 for t in (0.5, 2.0)]
    assert [path.name for path in (case / "clips").iterdir()] == ["reel.mp4"]


def test_a_missing_or_another_recording_is_refused(case: Path, unsteady: Path, turned: Path, tmp_path: Path) -> None:
    run = case / "run.json"
    run.write_text(run.read_text().replace("unsteady.mp4", "gone.mp4"))
    with pytest.raises(InputRefused, match=r"gone\.mp4 any more.*--video"):
        make_reel(case)
    with pytest.raises(InputRefused, match="is not the recording"):
        make_reel(case, turned)
    with pytest.raises(VideoRefused, match="There is no video"):
        make_reel(case, tmp_path / "none.mp4")
    with pytest.raises(UsageError, match="MP4"):
        make_reel(case, unsteady, tmp_path / "reel.avi")
    run.write_text("{}")
    with pytest.raises(InputRefused, match="does not say where"):
        make_reel(case)
    assert not (case / "clips").exists()


def test_a_case_with_nothing_to_show_says_so(tmp_path: Path, unsteady: Path) -> None:
    nothing = a_report(unsteady, events=(), findings=())
    case_writer.write_case(nothing, None, tmp_path / "case", replace=False, video=unsteady)
    with pytest.raises(InputRefused, match="nothing to show"):
        make_reel(tmp_path / "case")


def test_a_film_that_cannot_be_written_leaves_nothing(case: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceMissing, match=r"reel\.mp4 cannot be written"):
        make_reel(case, out=tmp_path / "file" / "reel.mp4")


def test_a_case_takes_its_clips_along_and_a_new_one_forgets_them(unsteady: Path, tmp_path: Path) -> None:
    report, films, out = a_report(unsteady), tmp_path / "films", tmp_path / "case"
    films.mkdir()
    for name in ("F1.mp4", "pause-1.mp4"):
        (films / name).write_bytes(b"film")
    case_writer.write_case(report, None, out, replace=False, video=unsteady, clips=films)
    page = (out / "report.html").read_text()
    assert 'href="clips/F1.mp4"' in page and 'href="clips/pause-1.mp4"' in page
    assert sorted(path.name for path in (out / "clips").iterdir()) == ["F1.mp4", "pause-1.mp4"]
    other = report.model_copy(update={"case_id": "case-other"})
    case_writer.write_case(other, None, out, replace=True, video=unsteady)
    assert not (out / "clips").exists() and "clips/F1.mp4" not in (out / "report.html").read_text()


def test_purge_takes_the_clips_with_the_case(case: Path, tmp_path: Path) -> None:
    (case / "clips").mkdir()
    (case / "clips" / "F1.mp4").write_bytes(b"film")
    purge([case])
    assert not list(tmp_path.iterdir())


def test_a_recording_that_ends_too_soon_is_said_in_the_picture(unsteady: Path, tmp_path: Path) -> None:
    report = a_report(unsteady)
    longer = report.model_copy(
        update={
            "video": report.video.model_copy(update={"duration_s": 14.0}),
            "events": (event(1, "ppv", 9.5, 12.0),),
        }
    )
    (film,) = clips.cut(longer, unsteady, tmp_path)
    assert pictures(film)[-1].mean() < 60 < pictures(film)[0].mean()


def test_thumbnails_are_few_small_and_of_the_right_moment(unsteady: Path) -> None:
    report = a_report(unsteady)
    taken = thumbnails.take(report, [unsteady])
    assert list(taken) == ["E1", "E2"] and all(content[:2] == b"\xff\xd8" for content in taken.values())
    assert max(map(len, taken.values())) < 20_000
    assert len(thumbnails.chosen(sample_report())) <= thumbnails.MOST
    assert thumbnails.take(withheld_report(), [unsteady]) == {}


@pytest.mark.parametrize("ending", ["mp4", "avi"])
def test_pictures_at_times_are_those_shown_then(tmp_path: Path, ending: str) -> None:
    path = write_video(
        tmp_path / f"v.{ending}",
        [40 * n for n in range(100)],
        SIZE,
        pictures=[numbered(n) for n in range(100)],
        codec="libx264" if ending == "mp4" else "mjpeg",
        pix_fmt="yuv420p" if ending == "mp4" else "yuvj420p",
        options={},
    )
    found = pictures_at(path, [0.0, 1.01, 2.0, 3.99, 4.5], 320, 240)
    bars = [None if p is None else number_of(np.vstack([p, captions.bar(320, "", "", "")])) for p in found]
    assert bars == [0, 25, 50, 99, None]


def test_the_page_shows_thumbnails_where_there_are_some_and_stays_small(unsteady: Path, tmp_path: Path) -> None:
    report = a_report(unsteady)
    taken = thumbnails.take(report, [unsteady])
    case_writer.write_case(report, None, tmp_path / "with", replace=False, video=unsteady, thumbnails=taken)
    case_writer.write_case(report, None, tmp_path / "without", replace=False, video=unsteady)
    page, bare = ((tmp_path / name / "report.html").read_text() for name in ("with", "without"))
    assert page.count("data:image/jpeg;base64,") == 2 and "<img" not in bare
    assert len(page) < 200_000


def test_a_reel_never_takes_the_recording_s_place(case: Path, unsteady: Path) -> None:
    before = unsteady.read_bytes()
    with pytest.raises(UsageError, match="is the recording itself"):
        make_reel(case, out=unsteady)
    assert unsteady.read_bytes() == before


def test_nothing_is_written_through_a_link_of_a_received_case(case: Path, tmp_path: Path) -> None:
    somebodys = tmp_path / "somebodys.mp4"
    somebodys.write_bytes(b"a film of somebody")
    films = tmp_path / "films"
    films.mkdir()
    (films / "R1.mp4").write_bytes(b"a clip")
    (case / "clips").mkdir()
    for name in ("clips/reel.mp4", "clips/.reel.part.mp4", "clips/R1.mp4", ".report.html.part"):
        (case / name).symlink_to(somebodys)
    case_writer.put_films(case, None, films)
    assert make_reel(case).path.stat().st_size > 1000
    assert somebodys.read_bytes() == b"a film of somebody"
    assert (case / "clips" / "R1.mp4").read_bytes() == b"a clip" and not (case / "clips" / "R1.mp4").is_symlink()


def test_a_linked_folder_of_clips_is_refused(case: Path, tmp_path: Path) -> None:
    elsewhere, films = tmp_path / "elsewhere", tmp_path / "films"
    elsewhere.mkdir()
    films.mkdir()
    (films / "R1.mp4").write_bytes(b"a clip")
    (case / "clips").symlink_to(elsewhere)
    page = (case / "report.html").read_bytes()
    with pytest.raises(InputRefused, match=r"clips is a link.*-o"):
        make_reel(case)
    with pytest.raises(InputRefused, match="clips is a link"):
        case_writer.put_films(case, None, films)
    assert not list(elsewhere.iterdir()) and (case / "report.html").read_bytes() == page
