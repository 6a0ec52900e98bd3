"""The command line as a whole process: what it prints, what it imports, how it ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from sample_report import sample_report

sys.path.pop(0)

from resus_doc import settings
from resus_doc.agent import conversation
from resus_doc.agent.conversation import Conversation
from resus_doc.tools.case_writer import write_case

HEAVY = ("torch", "transformers", "chromadb", "av", "langgraph", "llama_cpp", "moviepy", "cv2", "numpy")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resus_doc.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_help_lists_the_commands_and_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['resus-doc', '--help']\n"
        "from resus_doc.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"print('HEAVY', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.rstrip().endswith("HEAVY []")
    for command in ("report", "chat", "batch", "doctor", "guidelines"):
        assert command in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("report",),
        ("report", "a.mp4", "--sample"),
        ("no-such-command",),
        ("report", "--no-such-flag"),
        ("report", "--sample", "--birth-time", "soon"),
    ],
)
def test_wrong_use_ends_with_2_and_no_traceback(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "at_work", "said"),
    [
        (("report", "--sample", "--llm", "none"), "Looking for activities", "`--resume` with the same command goes on"),
        (
            ("simulate", "--width", "64", "--fps", "8", "--hours", "1"),
            "Rendering",
            "Interrupted. The folder holds a part",
        ),
    ],
)
def test_ctrl_c_says_what_becomes_of_the_work(tmp_path, arguments, at_work, said):
    command = [sys.executable, "-m", "resus_doc.cli", *arguments, "-o", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None and any(at_work in line for line in running.stderr)
            running.send_signal(signal.SIGINT)
            rest = running.stderr.read()
            assert (running.wait(60), said in rest, "Traceback" in rest) == (130, True, False), rest
        finally:
            running.kill()


def test_a_missing_video_is_refused_with_its_name(tmp_path):
    done = run("report", str(tmp_path / "birth.mp4"), "-o", str(tmp_path / "case"))
    assert done.returncode == 3
    assert "birth.mp4" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_where_a_fault_came_from_and_ends_as_without(tmp_path):
    done = run("report", str(tmp_path / "birth.mp4"), "-o", str(tmp_path / "case"), "--debug")
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert " ".join(done.stderr.split()).endswith("Check the name and the folder.")


def test_a_rule_that_a_person_compared_is_shown_without_the_mark():
    marked = "ppv-within-60s  [unverified]"
    assert marked in run("guidelines", "show", "aha-2025").stdout
    assert run("guidelines", "verify", "aha-2025.ppv-within-60s", "--by", "A. Nurse").returncode == 0
    assert marked not in run("guidelines", "show", "aha-2025").stdout


def test_purge_removes_the_conversation_about_a_case_that_could_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setenv("RESUS_DOC_DATA", str(tmp_path / "data"))
    case, other = tmp_path / "case", tmp_path / "other"
    places = []
    monkeypatch.setattr(conversation.os, "access", lambda *_: False)
    for folder in (case, other):
        write_case(sample_report(), None, folder, replace=False)
        kept = Conversation.of_case(folder, sample_report(), settings.load())
        kept.asked("When did PPV start?")
        kept.close()
        places.append(kept.place)
    places[0].with_suffix(".damaged").touch()
    (case / "report.json").write_text("{broken")
    done = run("purge", str(case), "--yes")
    assert done.returncode == 0, done.stderr
    assert list(places[0].parent.iterdir()) == [places[1]]
