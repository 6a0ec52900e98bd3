"""`resus-doc models` as it is typed."""

import json

from typer.testing import CliRunner

from resus_doc.cli.main import app


def run(*arguments, **environment):
    return CliRunner().invoke(app, ["models", *arguments], env=environment)


def test_list_tells_what_can_be_pulled_and_what_is_here(tmp_path):
    data = str(tmp_path / "data")
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.gguf").write_bytes(b"GGUF and more")
    assert run("add", str(own), RESUS_DOC_DATA=data).exit_code == 0
    done = json.loads(run("list", "--json", RESUS_DOC_DATA=data).stdout)
    assert done["added"] == ["own"]
    assert {"qwen3-4b", "llava-next-video-7b"} <= {row["name"] for row in done["registry"]}
    assert not any(row["here"] for row in done["registry"])
    assert "unpinned" in run("list", RESUS_DOC_DATA=data).stdout
    assert run("path", "own", RESUS_DOC_DATA=data).stdout.strip().endswith("models/own")


def test_verify_ends_with_4_when_a_file_has_changed(tmp_path):
    own, data = tmp_path / "own", tmp_path / "data"
    own.mkdir()
    (own / "a.gguf").write_bytes(b"GGUF and more")
    run("add", str(own), RESUS_DOC_DATA=str(data))
    assert run("verify", RESUS_DOC_DATA=str(data)).exit_code == 0
    (data / "models" / "own" / "a.gguf").write_bytes(b"GGUF and less")
    done = run("verify", RESUS_DOC_DATA=str(data))
    assert done.exit_code == 4 and "changed" in done.stdout
