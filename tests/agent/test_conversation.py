"""Conversations that are kept, stopped, cleared, exported, and questions that are no good."""

import json
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.agent import chat, conversation, replies
from resus_doc.agent.chat import MOST_CALLS, Chat, split
from resus_doc.agent.conversation import Conversation
from resus_doc.errors import InputRefused, LanguageModelBroken, ResourceMissing
from resus_doc.models.llm import Completion
from resus_doc.tools import case_writer, casefolder
from resus_doc.tools.cases import open_case

SAMPLE = settings.SAMPLE_VIDEO.with_suffix(".txt")


class Scripted:
    """In place of the engine: one call after the other, and what it was asked."""

    name = "resus-doc-writer"

    def __init__(self, *calls: dict | BaseException) -> None:
        self.calls = list(calls)
        self.users: list[str] = []

    def complete(self, system: str, user: str, **_: object) -> Completion:
        self.users.append(user)
        call = self.calls.pop(0)
        if isinstance(call, BaseException):
            raise call
        return Completion(json.dumps({"activity": None, **call}), True, 0.0)

    def close(self) -> None:
        """As the engine's."""


@pytest.fixture(autouse=True)
def _templates_only(monkeypatch):
    """The scripted engine writes calls and no sentences."""
    monkeypatch.setattr(chat, "MOST_WORDED", 0)


def a_chat(engine: Scripted, kept: Conversation | None = None) -> Chat:
    chosen = settings.load()
    return Chat(open_case(SAMPLE, chosen), engine, chosen, conversation=kept)  # type: ignore[arg-type]


def kept_at(place: Path) -> Conversation:
    return Conversation(conversation._opened(place), place)


FIRST_PPV = {"name": "time_to_first", "activity": "ppv"}
THAT = {"name": "list_events", "rel": "before", "other": "that"}


def test_a_conversation_goes_on_tomorrow(tmp_path):
    place = tmp_path / "chat.sqlite"
    with a_chat(Scripted(FIRST_PPV), kept_at(place)) as today:
        told = today.ask("When did PPV start?")
    engine = Scripted(THAT)
    with a_chat(engine, kept_at(place)) as tomorrow:
        answer = tomorrow.ask("and what came before that?")
        assert [turn["answer"] for turn in tomorrow.turns()] == [told.answer, answer.answer]
        assert kept_at(place).questions() == ["When did PPV start?", "and what came before that?"]
    assert engine.users[0].startswith('before: {"name":"time_to_first","activity":"ppv"}\n')
    assert answer.answer.startswith("Suction started") and answer.cites == ("E3",)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_that_without_a_before_is_asked_back():
    answer = a_chat(Scripted(THAT)).ask("what came before that?")
    assert answer.answer.endswith("was spoken of before.") and not answer.cites


def test_a_stopped_answer_keeps_the_conversation(tmp_path):
    engine = Scripted(FIRST_PPV, KeyboardInterrupt(), LanguageModelBroken("It died.", "Try again."), THAT)
    with a_chat(engine, kept_at(tmp_path / "chat.sqlite")) as one:
        one.ask("When did PPV start?")
        with pytest.raises(KeyboardInterrupt):
            one.ask("How long was suction, and what came before it?")
        with pytest.raises(LanguageModelBroken):
            one.ask("How long was suction?")
        assert one.ask("what came before that?").cites == ("E3",)
        assert [turn["question"] for turn in one.turns()] == ["When did PPV start?", "what came before that?"]


def test_only_the_newest_state_is_kept(tmp_path):
    kept = kept_at(tmp_path / "chat.sqlite")
    with a_chat(Scripted(*[FIRST_PPV] * 5), kept) as one:
        for _ in range(5):
            one.ask("When did PPV start?")
        assert kept._connection.execute("SELECT COUNT(*) FROM checkpoints").fetchone() == (1,)
        assert len(one.turns()) == 5


def test_a_cleared_conversation_leaves_nothing_in_the_file(tmp_path):
    place = tmp_path / "chat.sqlite"
    with a_chat(Scripted(FIRST_PPV), kept_at(place)) as one:
        one.ask("When did PPV start for baby Xylophon?")
        one.clear()
        assert not [file.name for file in tmp_path.iterdir() if b"Xylophon" in file.read_bytes()]
        assert one.turns() == []
    assert b"Xylophon" not in place.read_bytes()


def revise(case: Path) -> None:
    """As a review's save does: a case with copies of the files takes the place of the one that was there."""
    shutil.copytree(case, case.with_name("new"))
    shutil.rmtree(case)
    case.with_name("new").rename(case)


def test_a_conversation_follows_its_case_into_the_folder_that_replaces_it(tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    place = case / casefolder.CHAT
    with a_chat(Scripted(FIRST_PPV, THAT, {"name": "pauses"}), kept_at(place)) as one:
        one.ask("When did PPV start for baby Xylophon?")
        revise(case)
        assert one.ask("and what came before that?").cites == ("E3",)
        assert len(one.turns()) == 2
        revise(case)
        assert len(one.turns()) == 2
        assert kept_at(place).questions() == ["When did PPV start for baby Xylophon?", "and what came before that?"]
        revise(case)
        one.clear()
        assert one.turns() == []
        assert one.ask("How long were the pauses?").grounded
    assert b"Xylophon" not in place.read_bytes()
    assert kept_at(place).questions() == ["How long were the pauses?"]


def test_a_conversation_whose_case_is_gone_is_told(tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    with a_chat(Scripted(FIRST_PPV, FIRST_PPV), kept_at(case / casefolder.CHAT)) as one:
        one.ask("When did PPV start?")
        shutil.rmtree(case)
        for act in (one.turns, one.clear, lambda: one.ask("When did PPV start?")):
            with pytest.raises(ResourceMissing, match="cannot be kept in"):
                act()
    assert not case.exists()


def test_a_locked_conversation_is_told_when_it_is_to_be_cleared(tmp_path):
    place = tmp_path / "chat.sqlite"
    with a_chat(Scripted(FIRST_PPV), kept_at(place)) as one:
        one.ask("When did PPV start?")
        one.conversation._connection.execute("PRAGMA busy_timeout = 0")
        with sqlite3.connect(place, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ResourceMissing, match="locked"):
                one.clear()
            other.execute("ROLLBACK")
        other.close()


def test_a_damaged_conversation_is_set_aside(tmp_path):
    place = tmp_path / "chat.sqlite"
    place.write_bytes(b"no database" * 100)
    with a_chat(Scripted(FIRST_PPV), kept_at(place)) as one:
        assert one.ask("When did PPV start?").grounded
    assert place.with_suffix(".damaged").read_bytes().startswith(b"no database")


def test_an_export_is_markdown_in_which_a_question_is_only_text(tmp_path):
    with a_chat(Scripted(FIRST_PPV, {"name": "decline"})) as one:
        one.ask("When did PPV start?")
        one.ask("<script>alert(1)</script> # [x](http://y)")
        conversation.write_markdown(one.turns(), one.report, tmp_path / "deep" / "chat.md")
    text = (tmp_path / "deep" / "chat.md").read_text(encoding="utf-8")
    assert "PPV first started 23 s after arrival on the table." in text and "Rests on: E4" in text
    assert r"\<script\>alert(1)\</script\> \# \[x\](http://y)" in text
    with pytest.raises(ResourceMissing, match="/export FILE"):
        conversation.write_markdown([], one.report, Path("/proc/chat.md"))


def test_where_a_conversation_is_kept(tmp_path):
    chosen = settings.load(data=tmp_path / "data")
    report = open_case(SAMPLE, chosen)
    case = tmp_path / "case"
    case.mkdir()
    assert Conversation.of_case(case, report, chosen).place == case / casefolder.CHAT
    assert Conversation.of_case(SAMPLE, report, chosen).place.parent == chosen.data / conversation.FOLDER
    assert casefolder.CHAT not in casefolder.OURS  # a person's notes move along into a case that replaces this one


def test_a_received_case_cannot_have_another_file_written_to(tmp_path):
    chosen = settings.load(data=tmp_path / "data")
    case, somebodys = tmp_path / "case", tmp_path / "somebodys.sqlite"
    case.mkdir()
    sqlite3.connect(somebodys).execute("CREATE TABLE checkpoints (mine)").connection.close()
    before = somebodys.read_bytes()
    (case / casefolder.CHAT).symlink_to(somebodys)
    with pytest.raises(InputRefused, match=r"chat\.sqlite is a link"):
        Conversation.of_case(case, open_case(SAMPLE, chosen), chosen)
    assert somebodys.read_bytes() == before


def test_a_question_of_several_parts_takes_several_calls_up_to_a_cap():
    engine = Scripted(FIRST_PPV, {"name": "pauses"}, {"name": "decline"})
    answer = a_chat(engine).ask("When did PPV start, how long were the pauses, and what is the weather?")
    assert [call["name"] for call in answer.tool_calls] == ["time_to_first", "pauses"]
    assert not answer.declined and answer.answer.endswith(replies.DECLINED)
    assert split("and suction?") == ["and suction?"]
    assert len(split("when? " * 20)) == MOST_CALLS


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x1b[2J\x00\x07", "什么时候开始通气？", "когда", "12"])
def test_what_is_no_question_gets_a_short_question_back(question):
    answer = a_chat(Scripted()).ask(question)
    assert answer.declined and answer.answer.startswith(replies.UNCLEAR) and "when did" in answer.answer


def test_a_very_long_question_is_told_so():
    answer = a_chat(Scripted()).ask("suction " * 5000)
    assert answer.declined and answer.answer == replies.TOO_LONG


def test_control_characters_reach_nobody():
    engine = Scripted(FIRST_PPV)
    answer = a_chat(engine).ask("When\x1b[31m did\x00 PPV\nstart?")
    assert answer.grounded and engine.users[0].isprintable()


def test_sentences_are_heard_as_they_are_verified():
    heard: list[str] = []
    answer = a_chat(Scripted({"name": "about"})).ask("How long is the video?", heard.append)
    assert " ".join(heard) == answer.answer and len(heard) > 2


def test_a_folder_that_is_no_case_and_a_newer_report_are_told(tmp_path):
    with pytest.raises(InputRefused, match=r"no report\.json"):
        Chat.open(tmp_path, settings.load())
    (tmp_path / "report.json").write_text('{"schema_version": "2.0"}', encoding="utf-8")
    with pytest.raises(InputRefused, match=r"another version of resus-doc \(form 2\.0"):
        Chat.open(tmp_path, settings.load())
    with pytest.raises(LanguageModelBroken, match="does not exist"):
        Chat.open(SAMPLE, settings.load(llm=str(tmp_path / "none.gguf")))


def test_warming_up_loads_the_language_model_and_the_embedder(monkeypatch):
    """A failure of one is told when a question needs it, and not before."""
    from resus_doc.guidelines import embedder

    loaded = []
    engine = Scripted(FIRST_PPV)
    engine.start = lambda: loaded.append("language model")  # type: ignore[attr-defined]
    monkeypatch.setattr(embedder, "open_embedder", lambda: loaded.append("embedder"))
    a_chat(engine).warm_up()
    assert loaded == ["language model", "embedder"]

    def broken() -> None:
        raise LanguageModelBroken("The language model does not load.", "Check the file.")

    engine.start = broken  # type: ignore[attr-defined]
    talk = a_chat(engine)
    talk.warm_up()
    assert "PPV first started" in talk.ask("when did ppv start?").answer


def test_what_a_person_revised_meanwhile_is_what_the_next_answer_tells(tmp_path):
    case, chosen = tmp_path / "case", settings.load()
    report = open_case(SAMPLE, chosen)
    case_writer.write_case(report, None, case, replace=False)
    later = [event.model_copy(update={"start_s": event.start_s + 0.5}) for event in report.events]
    with Chat(report, Scripted(FIRST_PPV, FIRST_PPV), chosen, folder=case) as one:  # type: ignore[arg-type]
        before = one.ask("When did PPV start?")
        case_writer.write_case(report.model_copy(update={"events": tuple(later)}), None, case, replace=True)
        after = one.ask("When did PPV start?")
    assert before.answer != after.answer
    with Chat.open(case, chosen) as anew:
        anew._engine = Scripted(FIRST_PPV)  # type: ignore[assignment]
        assert anew.ask("When did PPV start?").answer == after.answer
