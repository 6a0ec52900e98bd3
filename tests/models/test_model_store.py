"""Pulling models from a hub served on loopback: broken connections, wrong checksums, full disks, and no network at all."""

import hashlib
import json
import re
import resource
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from resus_doc.errors import InputRefused, LanguageModelBroken, ResourceMissing, UsageError
from resus_doc.models import hub, registry, store
from resus_doc.models.registry import ModelEntry
from resus_doc.settings import Settings

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

WEIGHTS = b"GGUF" + bytes(range(256)) * 2000


class Hub(ThreadingHTTPServer):
    """Serves `files` by path; `cuts` is after how many bytes each coming answer breaks off."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = {"/Org/Model/resolve/main/model.gguf": WEIGHTS}
        self.cuts = []
        self.ranges = []
        self.etag = '"one"'
        self.declared = None


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        content, wanted = self.server.files.get(self.path), self.headers.get("Range")
        self.server.ranges.append(wanted)
        if content is None:
            self.send_error(404)
            return
        begin = int(wanted[6:-1]) if wanted and self.headers.get("If-Range") == self.server.etag else 0
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(self.server.declared or len(content) - begin))
        self.send_header("ETag", self.server.etag)
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(content)
        self.wfile.write(content[begin : begin + cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def served():
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(served, tmp_path):
    return Settings(hub=f"http://127.0.0.1:{served.server_port}", data=tmp_path / "data")


def model(name="tiny", sha256=None, path="model.gguf"):
    return ModelEntry(
        name=name,
        kind="llm",
        repository="Org/Model",
        licence="MIT",
        memory_gb=1,
        good_for="tests",
        files=({"path": path, "sha256": sha256},),
    )


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_a_model_is_pulled_recorded_and_found_by_its_name(settings, served):
    heard = []
    place = store.pull(model(), settings, progress=lambda path, share: heard.append((path, share)))
    assert (place / "model.gguf").read_bytes() == WEIGHTS
    record = store.present(settings)["tiny"]
    assert record.files == {"model.gguf": sha256(WEIGHTS)} and not record.pinned
    assert heard[-1] == ("model.gguf", 1.0)
    assert store.language_model(settings.model_copy(update={"llm": "tiny"})) == place / "model.gguf"
    assert sorted(path.name for path in place.iterdir()) == ["model.gguf", store.RECORD]
    store.pull(model(), settings)
    assert len(served.ranges) == 1, "what is here and whole is not fetched again"


def test_a_broken_connection_goes_on_where_it_broke(settings, served):
    served.cuts = [100_000, 50_000]
    place = store.pull(model(), settings)
    assert (place / "model.gguf").read_bytes() == WEIGHTS
    assert served.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_connection_that_stays_broken_is_told_and_the_next_pull_goes_on(settings, served):
    served.cuts = [1000, 1000, 1000]
    with pytest.raises(ResourceMissing, match="connection broke") as caught:
        store.pull(model(), settings)
    assert "goes on where it stopped" in caught.value.remedy
    assert store.present(settings) == {}
    served.ranges.clear()
    store.pull(model(), settings)
    assert served.ranges == ["bytes=3000-"]


def test_a_part_of_another_version_is_not_continued(settings, served):
    served.cuts = [1000, 1000, 1000]
    with pytest.raises(ResourceMissing):
        store.pull(model(), settings)
    served.files["/Org/Model/resolve/main/model.gguf"] = other = WEIGHTS[:4] + b"x" + WEIGHTS[5:]
    served.etag = '"two"'
    assert (store.pull(model(), settings) / "model.gguf").read_bytes() == other


def test_a_wrong_checksum_leaves_nothing_behind(settings):
    with pytest.raises(ResourceMissing, match=sha256(WEIGHTS)):
        store.pull(model(sha256="0" * 64), settings)
    assert [path.name for path in (store.folder(settings) / "tiny").iterdir()] == []
    assert store.present(settings) == {}
    assert store.pull(model(sha256=sha256(WEIGHTS)), settings).exists()
    assert store.present(settings)["tiny"].pinned


def test_an_unpinned_file_that_changes_upstream_is_refused(settings, served):
    place = store.pull(model(), settings)
    (place / "model.gguf").unlink()
    served.files["/Org/Model/resolve/main/model.gguf"] = WEIGHTS + b"changed"
    with pytest.raises(ResourceMissing, match="checksum"):
        store.pull(model(), settings)


def test_a_disk_too_small_is_told_before_anything_is_written(settings, served):
    served.declared = 10**18
    with pytest.raises(ResourceMissing, match="GB are to come"):
        store.pull(model(), settings)
    assert [path.name for path in (store.folder(settings) / "tiny").iterdir()] == []


def test_a_disk_that_fills_up_while_writing_is_told_and_the_next_pull_goes_on(settings):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ResourceMissing, match=r"cannot be written \(File too large\)"):
            store.pull(model(), settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.present(settings) == {}
    assert (store.pull(model(), settings) / "model.gguf").read_bytes() == WEIGHTS


def test_a_folder_that_cannot_be_made_is_told(settings, tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(ResourceMissing, match="cannot be written"):
        store.pull(model(), settings)


def test_no_network_is_said_plainly(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ResourceMissing, match="No network") as caught:
        store.pull(model(), Settings(hub=f"http://127.0.0.1:{port}", data=tmp_path))
    assert "models add" in caught.value.remedy and "RESUS_DOC_HUB" in caught.value.remedy


def test_a_hub_that_is_no_web_address_and_a_missing_file(settings, tmp_path):
    with pytest.raises(ResourceMissing, match="no web address"):
        store.pull(model(), Settings(hub=f"file://{tmp_path}", data=tmp_path))
    with pytest.raises(ResourceMissing, match="has no"):
        store.pull(model(path="gone.gguf"), settings)


def test_a_web_page_in_place_of_a_model_is_refused(settings, served):
    served.files["/Org/Model/resolve/main/model.gguf"] = b"<html>Please log in</html>"
    with pytest.raises(InputRefused, match="not a GGUF"):
        store.pull(model(), settings)
    assert store.present(settings) == {}


def test_an_index_brings_its_parts_but_none_from_outside(settings, served):
    part = (2).to_bytes(8, "little") + b"{}"
    base = "/Org/Model/resolve/main/"
    served.files[base + "model.safetensors.index.json"] = json.dumps(
        {"weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors"}}
    ).encode()
    served.files[base + "model-1.safetensors"] = part
    entry = model(path="model.safetensors.index.json")
    assert not entry.pinned
    assert set(store.present(settings)) == set()
    assert (store.pull(entry, settings) / "model-1.safetensors").read_bytes() == part
    assert len(store.present(settings)["tiny"].files) == 2
    for evil in ("../../x.safetensors", "pytorch_model.bin", "/etc/x.json"):
        served.files[base + "model.safetensors.index.json"] = json.dumps({"weight_map": {"a": evil}}).encode()
        with pytest.raises(InputRefused, match="no index"):
            store.pull(entry.model_copy(update={"name": "evil"}), settings)
        (store.folder(settings) / "evil" / "model.safetensors.index.json").unlink()


# --- without a network


def test_carried_on_a_stick(settings, tmp_path):
    store.pull(model(), settings, to=tmp_path / "stick")
    assert store.present(settings) == {}
    ward = Settings(data=tmp_path / "ward")
    assert store.add(tmp_path / "stick", ward) == ["tiny"]
    assert store.faults(ward) == {"tiny": []}
    assert store.present(ward)["tiny"].repository == "Org/Model"
    (tmp_path / "stick" / "tiny" / "model.gguf").write_bytes(WEIGHTS[:-1])
    with pytest.raises(InputRefused, match="checksum"):
        store.add(tmp_path / "stick", Settings(data=tmp_path / "other"))


def test_a_folder_of_ones_own(tmp_path):
    mine, settings = tmp_path / "My Model", Settings(data=tmp_path / "data")
    mine.mkdir()
    with pytest.raises(InputRefused, match="holds no model"):
        store.add(mine, settings)
    (mine / "a.gguf").write_bytes(WEIGHTS)
    assert store.add(mine, settings) == ["my-model"]
    assert store.language_model(settings.model_copy(update={"llm": "my-model"})).read_bytes() == WEIGHTS
    (mine / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(InputRefused, match="may hold code"):
        store.add(mine, settings)
    with pytest.raises(InputRefused, match="not a folder"):
        store.add(tmp_path / "nowhere", settings)


def test_a_changed_or_missing_file_is_noticed(settings):
    place = store.pull(model(), settings)
    (place / "model.gguf").write_bytes(WEIGHTS[:-1] + b"!")
    assert store.faults(settings, "tiny") == {"tiny": ["model.gguf has changed since it came"]}
    (place / "model.gguf").unlink()
    assert store.faults(settings) == {"tiny": ["model.gguf is missing"]}
    with pytest.raises(UsageError, match="not on this machine"):
        store.faults(settings, "other")


def test_a_damaged_record_is_a_fault_until_the_model_is_pulled_again(settings):
    place = store.pull(model(), settings)
    (place / store.RECORD).write_text('{"name": "ti')
    (fault,) = store.faults(settings)["tiny"]
    assert "pull or add the model again" in fault and store.faults(settings, "tiny") == {"tiny": [fault]}
    store.pull(model(), settings)
    assert store.faults(settings) == {"tiny": []}


def test_a_known_model_that_is_not_here_says_how_to_get_it(tmp_path):
    with pytest.raises(LanguageModelBroken, match="not on this machine") as caught:
        store.language_model(Settings(data=tmp_path, llm="qwen3-4b"))
    assert caught.value.remedy.endswith("models pull qwen3-4b")
    assert str(store.language_model(Settings(data=tmp_path, llm="my.gguf"))) == "my.gguf"


# --- the registry


def test_the_registry_is_sound():
    entries = registry.entries()
    assert len({entry.name for entry in entries}) == len(entries)
    assert {entry.kind for entry in entries} == {"llm", "vlm"}
    for entry in entries:
        kinds = {file.path.rsplit(".", 1)[1] for file in entry.files}
        assert ("gguf" in kinds) == (entry.kind == "llm")
    with pytest.raises(UsageError, match="no model 'nonsense'"):
        registry.entry("nonsense")


@pytest.mark.parametrize("path", ["../a.gguf", "/a.gguf", "a.bin", "a.pt", "a.py", "", "c:\\a.gguf", "a/../../b.gguf"])
def test_paths_that_lead_out_or_hold_code_are_refused(path):
    with pytest.raises(ValueError, match=r"folder|code"):
        registry.safe_path(path)


def test_one_module_alone_opens_connections_to_the_outside():
    """The others that know the word: one asks for this machine's name, one listens on it, one talks to a cluster."""
    package = Path(registry.__file__).parents[1]
    opens = re.compile(
        r"^\s*(?:import|from) (?:urllib\.request|http\.client|requests|httpx|aiohttp|huggingface_hub(?!\.errors))\b"
        r"|\bsocket\.(?:create_connection|socketpair)\b|\.connect\(\(",
        re.M,
    )
    knows = re.compile(r"^\s*(?:import|from) socket\b", re.M)
    files = {str(path.relative_to(package)): path.read_text() for path in package.rglob("*.py")}
    assert {name for name, text in files.items() if opens.search(text)} == {"models/hub.py"}
    assert {name for name, text in files.items() if knows.search(text)} == {
        "agent/batch_cluster.py",
        "agent/review_run.py",
        "tools/case_lock.py",
    }


def test_the_hub_forgets_no_address_part():
    assert hub.Source("https://m/", "O/M", "main").url("a b.gguf") == "https://m/O/M/resolve/main/a%20b.gguf"
