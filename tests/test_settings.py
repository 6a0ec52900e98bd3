import pytest

from resus_doc import settings
from resus_doc.errors import UsageError


def test_flags_win_over_variables_over_the_file_over_defaults(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text('guideline = "from-file"\ndevice = "cpu"\nseed = 3\n')
    monkeypatch.setenv("RESUS_DOC_CONFIG", str(file))
    chosen = settings.load({"RESUS_DOC_DEVICE": "cuda", "RESUS_DOC_SEED": "4"}, seed=5, llm=None)
    assert (chosen.guideline, chosen.device, chosen.seed) == ("from-file", "cuda", 5)
    assert chosen.llm == settings.Settings().llm


@pytest.mark.parametrize("content", ["gidelne = 'aha-2025'", "seed = 'many'", "not toml at all ["])
def test_a_setting_that_cannot_be_used_is_an_error_that_names_it(tmp_path, monkeypatch, content):
    file = tmp_path / "config.toml"
    file.write_text(content)
    monkeypatch.setenv("RESUS_DOC_CONFIG", str(file))
    with pytest.raises(UsageError) as caught:
        settings.load({})
    assert str(file) in str(caught.value)
