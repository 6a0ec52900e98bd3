"""Several recordings on one clock: where each lies, and what the time between them means."""

import os

import pytest

from resus_doc.errors import InputRefused, UsageError
from resus_doc.schema import Event, Span, Timeline, TimeZero, Video
from resus_doc.tools import recordings
from resus_doc.tools.measures import compute
from resus_doc.tools.pauses import describe

LABELS = ("baby_visible", "ppv", "suction")


def video(name, duration_s):
    return Video(
        name=name, sha256=name.ljust(64, "0"), duration_s=duration_s, width=64, height=48, frame_rate=8, grid_fps=8
    )


def event(activity, start_s, end_s, duration_s):
    return Event(
        id="E0",
        activity=activity,
        start_s=start_s,
        end_s=end_s,
        confidence=0.9,
        start_range_s=(start_s, start_s),
        end_range_s=(end_s, end_s),
        censored_start=start_s == 0,
        censored_end=end_s == duration_s,
        source="detector",
    )


def part(duration_s, *events):
    found = tuple(event(*each, duration_s) for each in (("baby_visible", 0, duration_s), *events))
    zero = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    return Timeline(
        events=found, covered=LABELS, observed=(Span(0.0, duration_s),), duration_s=duration_s, time_zero=zero
    )


def measures(timeline):
    return {measure.name: measure for measure in compute(timeline)}


A, B = ("ppv", 20.0, 60.0), ("ppv", 0.0, 30.0)


def test_the_time_between_two_recordings_is_no_pause_and_makes_fractions_ranges():
    whole = recordings.join([part(60.0, A), part(50.0, B)], [0.0, 80.0])
    first, second = whole.of("ppv")
    assert (first.end_s, first.end_range_s, first.censored_end) == (60.0, (60.0, 80.0), False)
    assert (second.start_s, second.start_range_s, second.censored_start) == (80.0, (60.0, 80.0), False)
    assert whole.observed_s == 110.0 and whole.duration_s == 130.0
    found = measures(whole)
    assert found["ppv_pause_count"].value == 0 and describe(whole) == ()
    fraction = found["ppv_fraction_first_60s"]
    assert fraction.range == (pytest.approx(40 / 60, abs=1e-3), 1.0)
    assert found["time_to_first_ppv"].value == 20.0


def test_the_outer_edges_stay_censored():
    whole = recordings.join([part(60.0, ("ppv", 0.0, 10.0)), part(50.0, ("ppv", 40.0, 50.0))], [0.0, 80.0])
    assert [(e.censored_start, e.censored_end) for e in whole.of("ppv")] == [(True, False), (False, True)]


def test_an_event_over_a_cut_of_the_camera_is_one():
    whole = recordings.join([part(60.0, A), part(50.0, B)], [0.0, 60.04])
    (ppv,) = whole.of("ppv")
    assert (ppv.start_s, ppv.end_s) == (20.0, pytest.approx(90.04))
    assert len(whole.of("baby_visible")) == 1
    assert [event.id for event in whole.events] == ["E1", "E2"]


def test_time_that_two_recordings_share_was_observed_once():
    whole = recordings.join([part(60.0), part(60.0)], [0.0, 59.2])
    assert whole.observed_s == whole.duration_s == 119.2


def test_birth_counts_from_the_first_recording():
    whole = recordings.join([part(60.0, A), part(50.0, B)], [0.0, 80.0], birth_time_s=-15.0)
    assert measures(whole)["time_to_first_ppv"].value == 35.0


def files(tmp_path, monkeypatch, *times):
    monkeypatch.setattr(recordings, "_creation_s", lambda path: None)
    paths = []
    for name, at in zip("AB", times, strict=True):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(b"x")
        os.utime(path, (at, at))
        paths.append(path)
    return paths, [video(path.name, 60.0) for path in paths]


def test_file_times_tell_the_order(tmp_path, monkeypatch):
    paths, videos = files(tmp_path, monkeypatch, 1_000_200.0, 1_000_100.0)
    placed = recordings.place(paths, videos)
    assert [(r.name, r.start_s) for r in placed.recordings] == [("B.mp4", 0.0), ("A.mp4", 100.0)]
    assert placed.paths == (paths[1], paths[0])
    assert "by the times of the files" in recordings.told(placed.recordings, placed.source)


def test_given_offsets_stand(tmp_path, monkeypatch):
    paths, videos = files(tmp_path, monkeypatch, 5.0, 5.0)
    placed = recordings.place(paths, videos, [75.5])
    assert [r.start_s for r in placed.recordings] == [0.0, 75.5]
    whole = recordings.whole_video(videos, placed.recordings)
    assert (whole.name, whole.duration_s) == ("A.mp4 + B.mp4", 135.5)
    assert whole.sha256 not in (videos[0].sha256, videos[1].sha256)


@pytest.mark.parametrize(
    ("offsets", "error", "words"),
    [
        ([1.0, 2.0], UsageError, "need 1 offsets"),
        ([float("nan")], UsageError, "not a number"),
        ([-5.0], UsageError, "before the first"),
        ([30.0], InputRefused, "overlap by 30.0 s"),
    ],
)
def test_offsets_that_cannot_be_are_refused(tmp_path, monkeypatch, offsets, error, words):
    paths, videos = files(tmp_path, monkeypatch, 5.0, 5.0)
    with pytest.raises(error, match=words):
        recordings.place(paths, videos, offsets)


def test_file_times_of_different_days_are_not_believed(tmp_path, monkeypatch):
    paths, videos = files(tmp_path, monkeypatch, 0.0, 90_000.0)
    with pytest.raises(InputRefused, match="hours apart"):
        recordings.place(paths, videos)


def empty(duration_s):
    return part(duration_s).model_copy(update={"events": (), "observed": ()})


def test_a_first_recording_too_short_to_see_an_empty_table_shows_no_arrival():
    assert recordings.join([empty(1.0), part(60.0, A)], [0.0, 60.0]).time_zero.source == "video_start"
    assert recordings.join([empty(30.0), part(60.0, A)], [0.0, 60.0]).time_zero.source == "table_arrival"


def test_between_an_empty_table_and_the_baby_anything_may_have_been_done():
    labels = (*LABELS, "chest_compressions")
    second = part(60.0, ("chest_compressions", 5.0, 20.0), ("ppv", 21.0, 50.0)).model_copy(update={"covered": labels})
    first = empty(30.0).model_copy(update={"covered": labels})
    found = measures(recordings.join([first, second], [0.0, 90.0]))
    assert (found["ppv_before_compressions"].value, found["ppv_before_compressions"].range) == (0, (0, 60))
    assert found["chest_compressions_without_30s_ppv_count"].range == (0, 1)
    assert found["order_of_first_ppv"].range == (1, 2)
