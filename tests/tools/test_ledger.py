"""The ledger keeps what it is told, trusts a hash only while the file lies there unchanged, and can forget."""

import os

import pytest

from resus_doc.errors import InputRefused
from resus_doc.tools.ledger import LEDGER, Row, copy_of_ledger, open_ledger


def row(place: str, **changes: object) -> Row:
    return Row(place, "key", "case-1", "ab" * 32, "done")._replace(**changes)


def test_a_row_is_found_by_place_and_by_content(tmp_path):
    video = tmp_path / "a.mp4"
    with open_ledger(tmp_path / "out") as ledger:
        ledger.put(row(str(video), state="running"))
        assert ledger.done("key") is None
        ledger.put(row(str(video), seconds=2.5))
    with open_ledger(tmp_path / "out") as ledger:
        assert ledger.row(video) == ledger.done("key") == row(str(video), seconds=2.5)


def test_a_hash_is_trusted_while_the_file_lies_there_unchanged(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"one")
    with open_ledger(tmp_path / "out") as ledger:
        first = ledger.sha256(file)
        file.write_bytes(b"two")
        assert (second := ledger.sha256(file)) != first
        file.write_bytes(b"one")
        os.utime(file, (0, 0))
        assert ledger.sha256(file) == first, "a clock set back is a change like any other"
        assert second != first


def test_rehash_reads_the_file_anew(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"one")
    with open_ledger(tmp_path / "out") as ledger:
        right = ledger.sha256(file)
        ledger._connection.execute("UPDATE files SET sha256 = 'stale'")
        assert ledger.sha256(file) == "stale"
        assert ledger.sha256(file, rehash=True) == right == ledger.sha256(file)


def test_a_missing_file_is_refused(tmp_path):
    with open_ledger(tmp_path) as ledger, pytest.raises(InputRefused, match=r"gone\.mp4"):
        ledger.sha256(tmp_path / "gone.mp4")


def test_what_is_forgotten_is_not_on_the_disk_any_more(tmp_path):
    (tmp_path / "Anna Example.mp4").write_bytes(b"video")
    with open_ledger(tmp_path) as ledger:
        ledger.sha256(tmp_path / "Anna Example.mp4")
        ledger.put(row(str(tmp_path / "Anna Example.mp4")))
        ledger.put(row("/other", case_id="case-2", key="other"))
        assert ledger.forget(["case-1"]) == 1
        assert [each.case_id for each in ledger.rows()] == ["case-2"]
    assert not [path for path in tmp_path.glob(f"{LEDGER}*") if b"Anna" in path.read_bytes()]


def test_a_copy_leaves_no_trace(tmp_path):
    with copy_of_ledger(tmp_path / "none") as ledger:
        ledger.put(row("/a"))
    assert not (tmp_path / "none").exists()
