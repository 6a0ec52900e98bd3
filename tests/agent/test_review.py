"""A case revised by a person: facts anew, words kept where facts stayed, every revision kept, nobody overwritten."""

import fcntl
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from resus_doc import settings
from resus_doc.agent import review_run
from resus_doc.agent.report import make_report
from resus_doc.agent.request import Request
from resus_doc.agent.review import ReviewSession
from resus_doc.errors import CaseChanged, InputRefused, ResourceMissing, UsageError
from resus_doc.schema import DomainCheck, Report
from resus_doc.tools import agreement_files, case_writer, casefolder, clips, formats, revisions
from resus_doc.tools.case_lock import lock_file, reviewer_of, reviewing
from resus_doc.tools.dashboard import PAGE
from resus_doc.tools.ledger import Row, open_ledger
from resus_doc.tools.purge import purge
from resus_doc.tools.review_edits import Edits
from resus_doc.tools.video import probe

IDLE = "none of the recognised activities"
"""Every event bears on the time without any."""

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of the sample video, from its annotations: no detector has to run."""
    place = tmp_path_factory.mktemp("made")
    video = shutil.copy(settings.SAMPLE_VIDEO, place / "birth.mp4")
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    make_report(Request(video=video, out=place / "case", settings=settings.load(llm="none"), annotations=annotations))
    return place


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "all")
    return tmp_path / "all" / "case"


def a_session(case: Path, **changes) -> ReviewSession:
    return ReviewSession(case, settings.load(llm=changes.pop("llm", "none")), now=lambda: AT, **changes)


def edits_of(session: ReviewSession, **changes) -> dict:
    """What the page would send if nothing were changed."""
    state = session.state()
    events = [
        {"id": e["id"], "activity": e["a"], "start_s": e["s"], "end_s": e["e"], "confirmed": e["by"] is not None}
        for e in state["events"]
    ]
    return {"revision": state["revision"], "by": "M. Berg", "events": events, "birth": state["birth"], **changes}


def save(session: ReviewSession, wanted: dict) -> dict:
    return session.save(Edits.model_validate_json(json.dumps(wanted)))


def first(wanted: dict, activity: str) -> dict:
    return next(event for event in wanted["events"] if event["activity"] == activity)


def sentences(report: Report) -> list[str]:
    return [sentence.text for section in report.narrative for sentence in section.sentences]


def test_a_moved_edge_changes_measures_findings_and_only_the_sentences_about_it(case):
    before = casefolder.read_report(case)
    session = a_session(case)
    wanted = edits_of(session)
    ppv = first(wanted, "ppv")
    ppv["start_s"] += 3.0
    outcome = save(session, wanted)
    after = casefolder.read_report(case)
    event = next(each for each in after.events if each.id == ppv["id"])
    assert (event.source, event.confirmed_by, event.confidence) == ("reviewer", "M. Berg", 1.0)
    assert event.start_range_s == (event.start_s, event.start_s)
    values = [{m.name: m.value for m in report.measures} for report in (before, after)]
    name = "time_to_first_ppv"
    assert values[1][name] == pytest.approx(values[0][name] + 3.0)
    assert after.ppv_pauses[0].events[0] == ppv["id"] and len(after.ppv_pauses) == len(before.ppv_pauses)
    changed = set(sentences(before)) - set(sentences(after))
    assert changed and [text for text in sorted(changed) if "PPV" not in text and IDLE not in text] == []
    assert outcome["written"] == len(set(sentences(after)) - set(sentences(before)))
    assert outcome["kept"] + outcome["written"] == len(sentences(after))
    untouched = [text for text in sentences(before) if "PPV" not in text and IDLE not in text]
    assert untouched and set(untouched) <= set(sentences(after))


def test_a_confirmation_changes_no_fact_and_no_word(case):
    before = casefolder.read_report(case)
    session = a_session(case)
    wanted = edits_of(session)
    wanted["events"][1]["confirmed"] = True
    assert save(session, wanted)["written"] == 0
    after = casefolder.read_report(case)
    assert [each.confirmed_by for each in after.events].count("M. Berg") == 1
    assert after.events[1].confidence == before.events[1].confidence
    assert after.events[1].start_range_s == before.events[1].start_range_s
    for part in ("measures", "findings", "passages", "narrative", "observed", "time_zero", "activities_covered"):
        assert getattr(after, part) == getattr(before, part), part
    assert after.review is not None and (after.review.revision, after.review.by) == (1, "M. Berg")
    assert "1 of" in (case / "report.md").read_text() and "M. Berg" in (case / "report.html").read_text()


def test_sentences_keep_their_words_when_an_earlier_event_goes_and_the_ids_they_cite_still_fit(case):
    session = a_session(case)
    before = casefolder.read_report(case)
    wanted = edits_of(session)
    gone = first(wanted, "stimulation")
    wanted["events"].remove(gone)
    save(session, wanted)
    after = casefolder.read_report(case)
    assert gone["id"] not in {event.id for event in after.events}
    known = {e.id for part in ("events", "measures", "findings", "passages") for e in getattr(after, part)}
    assert {c for s in after.narrative for one in s.sentences for c in one.cites} <= known
    untouched = [text for text in sentences(before) if "uction" in text and "timulation" not in text]
    assert untouched and set(untouched) <= set(sentences(after))


def test_all_files_follow_and_the_first_report_stays_byte_for_byte(case):
    first_report = (case / "report.json").read_bytes()
    (case / "notes.txt").write_text("mine")
    session = a_session(case)
    wanted = edits_of(session, note="seen twice")
    wanted["events"].append({"id": "N1", "activity": "suction", "start_s": 2.0, "end_s": 3.5, "confirmed": True})
    save(session, wanted)
    assert (case / "revisions" / "0000-report.json").read_bytes() == first_report
    assert (case / "revisions" / "0001-report.json").read_bytes() == (case / "report.json").read_bytes()
    assert (case / "notes.txt").read_text() == "mine"
    report = casefolder.read_report(case)
    added = next(event for event in report.events if event.source == "reviewer")
    assert added.id == f"E{len(report.events)}" and added.confirmed_by == "M. Berg"
    read = formats.read_annotations(case / "timeline.csv", report.video.duration_s)
    assert [(e.id, e.start_s, e.end_s) for e in read] == [(e.id, e.start_s, e.end_s) for e in report.events]
    for name in ("timeline.vtt", "timeline.eaf", "report.md", "report.html"):
        assert added.id in (case / name).read_text() or name == "timeline.eaf"
    (found,) = revisions.history(case)
    assert (found.by, found.at, found.note) == ("M. Berg", "2026-11-25T09:30:00+00:00", "seen twice")
    assert [change.action for change in found.changes] == ["added"]
    assert found.sha256_after == casefolder.sha256_of(case)
    assert json.loads((case / "run.json").read_text())["video_file"] == "../birth.mp4"


def test_clips_and_exports_of_the_earlier_timeline_go_and_that_is_told(case):
    (case / "export").mkdir()
    (case / "export" / "timeline.csv").write_text("old")
    session = a_session(case)
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True
    assert "export" in save(session, wanted)["note"]
    assert not (case / "export").exists()


def test_pictures_follow_the_revision_and_clips_are_cut_anew_at_the_end(case):
    session = a_session(case)
    (case / "clips").mkdir()
    first = clips.plan(casefolder.read_report(case))[0].name
    (case / "clips" / f"{first}.mp4").write_bytes(b"of the timeline before")
    session = a_session(case)
    assert casefolder.has_pictures(case) and not session.films_are_due()
    wanted = edits_of(session)
    (ppv,) = [each for each in wanted["events"] if each["activity"] == "ppv"][:1]
    ppv |= {"start_s": ppv["start_s"] + 1.5}
    pictures = re.findall(r'src="(data:image[^"]*)"', (case / "report.html").read_text())
    assert "cut anew when the review ends" in save(session, wanted)["note"]
    assert not (case / "clips").exists() and session.films_are_due()
    page = (case / "report.html").read_text()
    assert re.findall(r'src="(data:image[^"]*)"', page) not in (pictures, [])
    session.cut_films()
    page = (case / "report.html").read_text()
    films = sorted(path.stem for path in (case / "clips").iterdir())
    assert films and all(f'href="clips/{name}.mp4"' in page for name in films)
    assert casefolder.has_pictures(case)
    planned = {clip.name: clip for clip in clips.plan(casefolder.read_report(case))}
    assert set(planned) == set(films)
    for name, clip in planned.items():
        assert probe(case / "clips" / f"{name}.mp4").duration_s == pytest.approx(clip.end_s - clip.start_s, abs=0.1)


def test_pictures_that_somebody_had_the_chat_take_go_and_no_films_are_due(case):
    (case / "clips").mkdir()
    (case / "clips" / "0010.0.png").write_bytes(b"of the timeline before")
    session = a_session(case)
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True
    assert "What lay in clips" in save(session, wanted)["note"]
    assert not (case / "clips").exists() and not session.films_are_due()


def test_a_page_without_pictures_gets_none_by_a_revision(case):
    page = case / "report.html"
    page.write_text(re.sub(r'src="data:image[^"]*"', 'src=""', page.read_text()))
    session = a_session(case)
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True
    save(session, wanted)
    assert not casefolder.has_pictures(case)


def test_the_page_of_the_batch_follows_unless_a_batch_is_at_work(case):
    told: list[str] = []
    with open_ledger(case.parent) as ledger:
        ledger.put(Row("/videos/birth.mp4", "k", case.name, "", "done"))
        review_run._refresh(case.parent, told.append)
    assert len(told) == 1 and "at work" in told[0] and not (case.parent / PAGE).exists()
    review_run._refresh(case.parent, told.append)
    assert len(told) == 1 and (case.parent / PAGE).exists()


def test_ids_are_never_given_twice_and_a_deleted_event_comes_back_as_it_was(case):
    session = a_session(case)
    original = {event.id: event for event in casefolder.read_report(case).events}
    wanted = edits_of(session)
    last = max(wanted["events"], key=lambda each: int(each["id"][1:]))
    wanted["events"].remove(last)
    save(session, wanted)
    wanted = edits_of(session)
    wanted["events"].append({"id": "N7", "activity": "suction", "start_s": 2.0, "end_s": 3.0, "confirmed": False})
    save(session, wanted)
    assert f"E{len(original) + 1}" in {event.id for event in casefolder.read_report(case).events}
    back = [
        {"id": e["id"], "activity": e["a"], "start_s": e["s"], "end_s": e["e"], "confirmed": False}
        for e in session.events_at(0)
    ]
    save(session, edits_of(session, events=back))
    assert {event.id: event for event in casefolder.read_report(case).events} == original
    assert [change.action for change in revisions.history(case)[2].changes] == ["restored", "deleted"]


def test_a_birth_time_is_set_with_its_uncertainty_and_taken_out_again(case):
    session = a_session(case)
    save(session, edits_of(session, birth={"t_s": -40.0, "uncertainty_s": 2.0}))
    report = casefolder.read_report(case)
    assert report.time_zero.source == "given" and report.time_zero.range_s == (-42.0, -38.0)
    assert report.review is not None and report.review.birth_set_by == "M. Berg"
    assert any("birth" in text for text in sentences(report))
    outcome = save(session, edits_of(session, birth=None))
    assert casefolder.read_report(case).time_zero.source != "given"
    assert outcome["written"] > 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"start_s": 0.0, "end_s": 9999.0}, "does not lie within"),
        ({"start_s": 5.0, "end_s": 5.0}, "does not lie within"),
        ({"id": "E99"}, "no event E99"),
        ({"id": "E1"}, "sent twice"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(case, change, reason):
    session = a_session(case)
    before = (case / "report.json").read_bytes()
    event = {"id": "N1", "activity": "suction", "start_s": 2.0, "end_s": 3.0, "confirmed": True, **change}
    wanted = edits_of(session)
    wanted["events"].append(event)
    with pytest.raises(InputRefused, match=reason):
        save(session, wanted)
    assert (case / "report.json").read_bytes() == before and not (case / "revisions").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"by": "  "},
        {"by": "x" * 101},
        {"events": [{"id": "<b>"}]},
        {"birth": {"t_s": "NaN", "uncertainty_s": 0}},
        {"x": 1},
    ],
)
def test_what_no_page_of_ours_sends_is_no_edit(case, change):
    with pytest.raises(ValidationError):
        Edits.model_validate({**edits_of(a_session(case)), **change})


def test_overlap_of_one_activity_and_an_empty_revision_are_refused(case):
    session = a_session(case)
    with pytest.raises(InputRefused, match="nothing to save"):
        save(session, edits_of(session))
    wanted = edits_of(session)
    ppv = first(wanted, "ppv")
    wanted["events"].append({**ppv, "id": "N1", "start_s": ppv["start_s"] + 0.5})
    with pytest.raises(InputRefused, match="overlap"):
        save(session, wanted)


def test_an_old_page_is_refused_and_told_who_saved(case):
    session = a_session(case)
    old = edits_of(session)
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True
    save(session, wanted)
    old["events"][1]["confirmed"] = True
    with pytest.raises(CaseChanged, match=r"M\. Berg saved revision 1"):
        save(session, old)
    assert len(revisions.history(case)) == 1


def test_two_saves_at_once_make_one_revision(case):
    session = a_session(case)
    outcomes: list[str] = []

    def one(number: int) -> None:
        wanted = dict(prepared, by=f"reviewer {number}")
        try:
            save(session, wanted)
            outcomes.append("saved")
        except CaseChanged:
            outcomes.append("told")

    prepared = edits_of(session)
    prepared["events"][0]["confirmed"] = True
    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told"]
    assert len(revisions.history(case)) == 1


def test_a_crash_mid_save_leaves_the_old_case_whole(case, monkeypatch):
    """Killed between the two renames: the next opening puts the old case back."""
    before = {path.name: path.read_bytes() for path in case.iterdir()}
    session = a_session(case)
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True

    def killed(folder: Path, out: Path) -> None:
        out.rename(out.parent / f".{out.name}.before")
        raise KeyboardInterrupt

    monkeypatch.setattr(case_writer, "_put_in_place", killed)
    with pytest.raises(KeyboardInterrupt):
        save(session, wanted)
    assert not case.exists()
    monkeypatch.undo()
    reopened = a_session(case)
    assert {path.name: path.read_bytes() for path in case.iterdir()} == before
    save(reopened, wanted)
    assert len(revisions.history(case)) == 1


def test_a_full_disk_leaves_the_case_and_says_so(case, monkeypatch):
    session = a_session(case)
    before = (case / "report.json").read_bytes()
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True

    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(case_writer, "_flush", full)
    with pytest.raises(ResourceMissing, match=r"full.*save again"):
        save(session, wanted)
    assert (case / "report.json").read_bytes() == before and not (case / "revisions").exists()
    assert [path.name for path in case.parent.iterdir() if path.name.startswith(".")] == []


def test_a_report_is_not_made_anew_over_a_revision_nor_during_a_review(case):
    video, annotations = case.parent / "birth.mp4", settings.SAMPLE_VIDEO.with_suffix(".txt")
    again = Request(
        video=video, out=case, settings=settings.load(llm="none"), annotations=annotations, case_id="c", replace=True
    )
    with reviewing(case), pytest.raises(UsageError, match="being reviewed"):
        make_report(again)
    session = a_session(case)
    wanted = edits_of(session)
    wanted["events"][0]["confirmed"] = True
    save(session, wanted)
    with pytest.raises(UsageError, match="revised"):
        make_report(again)
    assert len(revisions.history(case)) == 1


def test_the_second_reviewer_is_told_and_the_lock_goes_with_the_first(case):
    with reviewing(case), pytest.raises(UsageError, match=r"since 20.*process"), reviewing(case):
        pass
    assert not lock_file(case).exists()
    with reviewing(case), pytest.raises(UsageError, match="being reviewed"):
        purge([case])
    lock_file(case).write_text("{}")  # left behind by a process that was killed
    with reviewing(case):
        pass


@contextmanager
def another_user(file: Path) -> Iterator[None]:
    """May read the file and not write it, which root needs another name for."""
    root = os.geteuid() == 0
    file.chmod(0o644 if root else 0o444)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_review_is_seen_by_another_user_who_may_not_write_its_lock(case):
    with tempfile.TemporaryDirectory() as shared:
        place = Path(shutil.copytree(case, Path(shared) / "case"))
        for folder in (Path(shared), place):
            folder.chmod(0o777)
        with reviewing(place), another_user(lock_file(place)):
            with pytest.raises(UsageError, match=r"being reviewed \(since 20"):
                purge([place])
            with pytest.raises(UsageError, match=r"being reviewed \(since 20"):
                case_writer.check_place(place, replace=True)
            with pytest.raises(UsageError, match=r"being reviewed already \(since 20"), reviewing(place):
                pass
        assert casefolder.read_report(place)


def test_a_lock_that_cannot_be_looked_at_counts_as_held_and_two_who_look_do_not_see_each_other(case):
    assert reviewer_of(case) is None and reviewer_of(case / "report.json" / "x") is None
    lock_file(case).mkdir()
    assert "Is a directory" in (reviewer_of(case) or "")
    lock_file(case).rmdir()
    lock_file(case).write_text("{}")  # left behind by a process that was killed
    with lock_file(case).open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)  # as the look of another process does
        assert reviewer_of(case) is None


def test_agreement_is_with_the_report_as_it_was_made(case):
    session = a_session(case)
    original = casefolder.read_report(case).events
    wanted = edits_of(session)
    del wanted["events"][2]
    save(session, wanted)
    compared, _ = agreement_files.compare_places(case, settings.SAMPLE_VIDEO.with_suffix(".txt"))
    assert compared[0].one.events == original
    assert any("was revised" in note for note in compared[0].notes)


def withheld(case: Path) -> None:
    """Make the case one of a video unlike the training data."""
    report = casefolder.read_report(case)
    check = DomainCheck(in_domain=False, score=0.1, threshold=0.5, validated_on="simulated")
    events = tuple(event.model_copy(update={"source": "detector"}) for event in report.events)
    changes = {"domain_check": check, "events": (), "withheld_events": events, "observed": (), "observed_s": 0.0}
    report = report.model_copy(update={**changes, "measures": (), "findings": (), "narrative": ()})
    case_writer.write_case(report, None, case, replace=True, video=case.parent / "birth.mp4")


def test_withheld_events_are_accepted_one_by_one_and_count_once_the_reviewer_watched_it_all(case):
    withheld(case)
    session = a_session(case)
    wanted = edits_of(session)
    accepted = [first(wanted, name) for name in ("baby_visible", "ppv")]
    for event in accepted:
        event["confirmed"] = True
    save(session, wanted)
    report = casefolder.read_report(case)
    assert report.is_withheld and report.events == () and report.measures == ()
    assert sum(event.confirmed_by is not None for event in report.withheld_events) == 2
    save(session, edits_of(session, whole_recording=True))
    report = casefolder.read_report(case)
    assert not report.is_withheld
    assert {event.id for event in report.events} == {event["id"] for event in accepted}
    assert {event.confirmed_by for event in report.events} == {"M. Berg"}
    assert report.withheld_events and report.measures and report.findings and sentences(report)
    assert report.review is not None and report.review.whole_recording_by == "M. Berg"
    page = (case / "report.html").read_text()
    assert "Findings are withheld" not in page and "watched the whole recording" in page


def test_the_recording_is_shown_only_if_it_is_that_of_the_case(case):
    assert a_session(case).video == (case.parent / "birth.mp4").resolve()
    with (case.parent / "birth.mp4").open("ab") as file:
        file.write(b"x")
    session = a_session(case)
    assert session.video is None and "not the video" in session.video_note
    assert a_session(case, video=settings.SAMPLE_VIDEO).video == settings.SAMPLE_VIDEO
    with pytest.raises(InputRefused, match="not the video"):
        a_session(case, video=case.parent / "birth.mp4")
    (case.parent / "birth.mp4").unlink()
    assert "not at ../birth.mp4" in a_session(case).video_note


def test_a_missing_revision_is_noticed(case):
    session = a_session(case)
    for index in range(2):
        wanted = edits_of(session)
        wanted["events"][index]["confirmed"] = True
        save(session, wanted)
    (case / "revisions" / "0001.json").unlink()
    with pytest.raises(InputRefused, match="missing"):
        a_session(case)


def test_the_language_model_writes_only_what_changed(case):
    video, annotations = case.parent / "birth.mp4", settings.SAMPLE_VIDEO.with_suffix(".txt")
    asked = settings.load(llm=str(settings.DEFAULT_LLM))
    make_report(Request(video=video, out=case, settings=asked, annotations=annotations, replace=True))
    before = casefolder.read_report(case)
    session = a_session(case, llm=str(settings.DEFAULT_LLM))
    wanted = edits_of(session)
    first(wanted, "suction")["end_s"] += 0.7
    outcome = save(session, wanted)
    session.close()
    after = casefolder.read_report(case)
    told = [{(s.text, s.origin) for part in report.narrative for s in part.sentences} for report in (before, after)]
    anew = [text for text, _ in told[1] - told[0]]
    assert anew and [text for text in anew if "uction" not in text and IDLE not in text] == []
    assert any(origin == "llm" for _, origin in told[1] & told[0])
    assert outcome["kept"] > outcome["written"] > 0
    assert revisions.history(case)[0].language_model == settings.DEFAULT_LLM.name


def test_a_language_model_that_does_not_load_leaves_it_to_templates_and_is_told(case, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(settings.DEFAULT_LLM.read_bytes()[:10_000])
    session = a_session(case, llm=str(broken))
    wanted = edits_of(session)
    first(wanted, "suction")["end_s"] += 0.7
    assert "broken.gguf" in save(session, wanted)["note"]
    assert revisions.history(case)[0].language_model is None
