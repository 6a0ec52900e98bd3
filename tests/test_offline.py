"""With the network cut off everything still works, and nothing even tries it."""

import subprocess
import sys
from pathlib import Path

import pytest

from resus_doc import settings

GUARD = r"""
import os, socket
_note = os.environ["NETWORK_NOTE"]
def _refuse(what):
    with open(_note, "a") as file:
        file.write(f"{what}\n")
    raise OSError("no network in this test")
class _Socket(socket.socket):
    def connect(self, address):
        return super().connect(address) if self.family == socket.AF_UNIX else _refuse(address)
    def connect_ex(self, address):
        return super().connect_ex(address) if self.family == socket.AF_UNIX else _refuse(address)
    def sendto(self, *arguments):
        return _refuse(arguments[-1])
socket.socket = _Socket
socket.getaddrinfo = lambda host, *_, **__: _refuse(host)
socket.create_connection = lambda address, *_, **__: _refuse(address)
"""
"""Put before every Python process, the language model's worker included."""


@pytest.fixture
def offline(tmp_path: Path):
    """Run a command in which every socket to another machine fails and is noted."""
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)
    note = tmp_path / "note.txt"

    def run(*command: str, **wished: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PYTHONPATH": str(guard),
            "NETWORK_NOTE": str(note),
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            **wished,
        }
        environment["RESUS_DOC_DATA"] = str(tmp_path / "data")
        note.write_text("")
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, timeout=300, check=False, env=environment
        )
        return subprocess.CompletedProcess(command, done.returncode, done.stdout, done.stderr + note.read_text())

    return run


def test_the_guard_guards(offline):
    done = offline("-c", "import urllib.request; urllib.request.urlopen('http://192.0.2.1/')")
    assert done.returncode != 0 and "192.0.2.1" in done.stderr.splitlines()[-1]


def test_report_chat_and_search_need_no_network(offline, tmp_path):
    """The passage index is built anew, so its building is looked at too."""
    case = tmp_path / "case"
    cli = ("-m", "resus_doc.cli")
    done = offline(
        *cli, "report", "--sample", "-o", str(case), "--annotations", str(settings.SAMPLE_VIDEO.with_suffix(".txt"))
    )
    assert done.returncode == 0, done.stderr
    assert (case / "report.html").exists() and "192." not in done.stderr
    for command in (("chat", str(case), "--ask", "When did PPV start?"), ("guidelines", "search", "suction")):
        done = offline(*cli, *command)
        assert done.returncode == 0 and done.stdout.strip(), done.stderr
        assert done.stderr.strip() == ""


def test_detection_needs_no_network(offline, tmp_path):
    code = (
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from resus_doc.models.detector import Detector\n"
        "detector = Detector.load(device='cpu')\n"
        "detector.logits(detector.encode(np.zeros((16, 96, 96, 3), np.uint8)))\n"
    )
    done = offline("-c", code)
    assert done.returncode == 0 and done.stderr.strip() == "", done.stderr


TRACED = {
    "report": """
from resus_doc.agent.report import make_report
from resus_doc.agent.request import Request
from resus_doc.errors import VideoRefused
try:
    make_report(Request(Path("Anna Mueller.mp4"), Path(sys.argv[1]) / "case", settings.load(llm="none")))
except VideoRefused:
    pass
""",
    "chat": """
from resus_doc.agent.chat import Chat
from resus_doc.tools.cases import open_case
report = open_case(settings.SAMPLE_VIDEO.with_suffix(".txt"), settings.load())
assert Chat(report, None, settings.load()).ask("?").declined
""",
}
"""The quickest run of each graph; at its end the process waits for what was to be posted."""


WISHES = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")


@pytest.mark.parametrize("graph", TRACED)
def test_no_run_of_a_graph_is_posted_whatever_the_environment_wishes(offline, tmp_path, graph):
    code = (
        "import sys\nfrom pathlib import Path\nfrom resus_doc import settings\n"
        + TRACED[graph]
        + "from langchain_core.tracers.langchain import wait_for_all_tracers\nwait_for_all_tracers()\n"
    )
    to = {"LANGSMITH_ENDPOINT": "http://192.0.2.1", "LANGSMITH_API_KEY": "x"}
    done = offline("-c", code, str(tmp_path), **dict.fromkeys(WISHES, "true"), **to)
    assert done.returncode == 0 and done.stderr.strip() == "", done.stderr
