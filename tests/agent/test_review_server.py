"""The review's server: our own page gets answers, everybody else a refusal."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from sample_report import HOSTILE, hostile_report, sample_report

from resus_doc import settings
from resus_doc.agent.review import ReviewSession
from resus_doc.agent.review_server import LARGEST_BODY, make_app
from resus_doc.schema import Report
from resus_doc.tools import case_writer

PORT = 8123
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
TOKEN = "token-of-this-review"


def write(place: Path, report: Report) -> Path:
    """A case with its recording beside it."""
    place.mkdir(exist_ok=True)
    video = Path(shutil.copy(settings.SAMPLE_VIDEO, place / "birth.mp4"))
    sha256 = hashlib.sha256(video.read_bytes()).hexdigest()
    report = report.model_copy(update={"video": report.video.model_copy(update={"sha256": sha256})})
    case_writer.write_case(report, None, place / "case", replace=False, video=video)
    return place / "case"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return write(tmp_path / "all", sample_report())


@pytest.fixture
def session(case: Path) -> ReviewSession:
    return ReviewSession(case, settings.load(llm="none"))


@pytest.fixture
def ended() -> list[bool]:
    return []


@pytest.fixture
def client(session: ReviewSession, ended: list[bool]) -> Iterator[TestClient]:
    app = make_app(session, TOKEN, PORT, lambda: ended.append(True))
    with TestClient(app, base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
        yield client


def edits(client: TestClient) -> dict:
    state = client.get(f"/{TOKEN}/state").json()
    events = [
        {"id": e["id"], "activity": e["a"], "start_s": e["s"], "end_s": e["e"], "confirmed": e["by"] is not None}
        for e in state["events"]
    ]
    return {"revision": state["revision"], "by": "A. Name", "events": events, "birth": state["birth"]}


def test_the_page_names_its_own_style_and_script_and_nothing_else(client):
    answer = client.get(f"/{TOKEN}/")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    for name in ("style", "script"):
        text = answer.text.split(f"<{name}>")[1].split(f"</{name}>")[0]
        import base64

        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


OPENED = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
"""What a browser says when a file forwards it to the page."""


def test_the_page_alone_is_opened_from_elsewhere(client):
    assert client.get(f"/{TOKEN}/", headers=OPENED).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/wrong/", OPENED, 404),
        (f"/{TOKEN}/", {**OPENED, "sec-fetch-dest": "iframe"}, 403),
        (f"/{TOKEN}/", {**OPENED, "sec-fetch-mode": "no-cors"}, 403),
        (f"/{TOKEN}/", {**OPENED, "origin": "null"}, 403),
        (f"/{TOKEN}/state", OPENED, 403),
        ("/", {}, 404),
        (f"/{TOKEN}", {}, 404),
        ("/wrong/", {}, 404),
        (f"/{TOKEN[:-1]}/state", {}, 404),
        (f"/{TOKEN}x/state", {}, 404),
        ("/tökén/state", {}, 404),
        (f"/{TOKEN}/", {"host": f"evil.example:{PORT}"}, 421),
        (f"/{TOKEN}/", {"host": "127.0.0.1"}, 421),
        (f"/{TOKEN}/", {"host": f"localhost:{PORT}"}, 421),
        (f"/{TOKEN}/", {"origin": "http://evil.example"}, 403),
        (f"/{TOKEN}/", {"origin": "null"}, 403),
        (f"/{TOKEN}/", {"origin": "http://127.0.0.1:1"}, 403),
        (f"/{TOKEN}/video", {"sec-fetch-site": "cross-site"}, 403),
        (f"/{TOKEN}/../state", {}, 404),
        (f"/{TOKEN}/..%2f..%2freport.json", {}, 404),
        (f"/{TOKEN}/report.json", {}, 404),
        (f"/{TOKEN}/revisions/../../report.json", {}, 404),
        (f"/{TOKEN}/revisions/%2e%2e%2fcase", {}, 404),
        (f"/{TOKEN}/revisions/7", {}, 422),
        (f"/{TOKEN}/save", {}, 405),
    ],
)
def test_whoever_is_not_our_page_is_refused(client, path, headers, status):
    answer = client.get(path, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert "case-" not in answer.text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/json", "origin": "http://evil.example"}, b"{}", 403),
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "application/json"}, b" " * (LARGEST_BODY + 1), 413),
        ({"content-type": "application/json"}, b"{}", 422),
        ({"content-type": "application/json"}, b"\xff", 422),
        ({"content-type": "application/json"}, b"[" * 100_000, 422),
    ],
)
def test_a_save_that_is_not_of_our_page_is_refused(client, case, headers, body, status):
    before = (case / "report.json").read_bytes()
    answer = client.post(f"/{TOKEN}/save", content=body, headers=headers)
    assert answer.status_code == status
    assert (case / "report.json").read_bytes() == before


def test_a_body_of_unknown_length_is_refused(client):
    headers = {"content-type": "application/json"}
    assert client.post(f"/{TOKEN}/save", content=iter([b"{}"]), headers=headers).status_code == 413


def test_a_post_needs_an_origin(session):
    with TestClient(make_app(session, TOKEN, PORT, lambda: None), base_url=ORIGIN) as bare:
        assert bare.post(f"/{TOKEN}/end", json={}).status_code == 403
        assert bare.get(f"/{TOKEN}/state").status_code == 200


def test_the_recording_comes_in_ranges(client, session):
    whole = settings.SAMPLE_VIDEO.read_bytes()
    answer = client.get(f"/{TOKEN}/video", headers={"range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (206, whole[100:200])
    assert answer.headers["content-type"] == "video/mp4"
    session.video.unlink()
    assert client.get(f"/{TOKEN}/video").status_code == 404


def test_a_save_and_then_a_page_that_is_too_old(client, case):
    wanted = edits(client)
    wanted["events"][3]["confirmed"] = True
    answer = client.post(f"/{TOKEN}/save", json=wanted)
    assert answer.status_code == 200 and answer.json()["outcome"]["revision"] == 1
    state = answer.json()["state"]
    assert state["history"][0]["by"] == "A. Name" and state["by"] == "A. Name"
    again = client.post(f"/{TOKEN}/save", json=wanted)
    assert again.status_code == 409 and "A. Name saved revision 1" in again.json()["error"]
    first = client.get(f"/{TOKEN}/revisions/0").json()["events"]
    assert [event["by"] for event in first].count("A. Name") == 0


def test_a_case_that_is_gone_is_told(client, case):
    wanted = edits(client)
    shutil.rmtree(case)
    answer = client.post(f"/{TOKEN}/save", json=wanted)
    assert answer.status_code == 422 and "no report.json" in answer.json()["error"]


def test_hostile_text_stays_text(tmp_path):
    case = write(tmp_path / "all", hostile_report().model_copy(update={"guideline": sample_report().guideline}))
    with TestClient(
        make_app(ReviewSession(case, settings.load(llm="none")), TOKEN, PORT, lambda: None), base_url=ORIGIN
    ) as client:
        page = client.get(f"/{TOKEN}/").text
    assert "<script" in HOSTILE or "<img" in HOSTILE
    assert page.count("<script") == 3 and "<img" not in page
    data = page.split('id="case-data">')[1].split("</script>")[0]
    assert json.loads(data)["case_id"] == hostile_report().case_id


def test_the_end_is_passed_on(client, ended):
    assert client.post(f"/{TOKEN}/end", json={}).json() == {"ended": True}
    assert ended == [True]
