"""The words of the pages stand in one file: each key is there and used, and nothing visible stands elsewhere."""

import re
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import sample_report

from resus_doc.schema import Section
from resus_doc.tools import batch_cases, dashboard, report_html, report_measures, strings
from resus_doc.tools.pages import part
from resus_doc.tools.strings import Phrase, Phrases

PAGES = {"report": "report.html.j2", "review": "review.html.j2", "dashboard": "dashboard.html.j2"}
SCRIPTS = {"report_script": ("report.js",), "review_script": ("review.js",), "dashboard_script": ("dashboard.js",)}
PYTHON = {"dashboard": (strings.FILE.parents[2] / "tools" / "dashboard.py")}
COMPUTED = {
    "dashboard": {"findings_met", "findings_not_met", "findings_indeterminate", "findings_not_assessable"},
    "review_script": {
        "met",
        "not_met",
        "indeterminate",
        "not_assessable",
        *(f"did_{act}" for act in ("confirm", "move", "drag", "relabel", "add", "delete", "set", "birth", "revision")),
    },
}
"""Keys that the page puts together from a part of its data."""


@pytest.fixture(scope="module")
def tables():
    return tomllib.loads(strings.FILE.read_text(encoding="utf-8"))


def used(page: str) -> set[str]:
    text = part(PAGES[page]) + (PYTHON[page].read_text(encoding="utf-8") if page in PYTHON else "")
    return set(re.findall(r"\bt\.(\w+)", text)) | COMPUTED.get(page, set())


@pytest.mark.parametrize("page", PAGES)
def test_every_phrase_of_a_page_exists_and_is_used(tables, page):
    assert used(page) == set(tables[page])


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_phrase_of_a_script_exists_and_is_used(tables, script):
    text = "".join(part(name) for name in SCRIPTS[script])
    said = {key for first in first_arguments(text) for key in re.findall(r'(?<!=== )"([a-z_]+)"', first)}
    if script == "review_script":
        assert "say(verdict)" in text and 'say("did_" + act' in text
        said -= {"did_"}
    assert said | COMPUTED.get(script, set()) == set(tables[script])


NAMES = {
    "verdicts": set(batch_cases.VERDICTS),
    "verdict_notes": set(batch_cases.VERDICTS),
    "damage": {"lost"},
    "sections": set(get_args(Section)),
    "case_columns": set(dashboard.CASE_COLUMNS),
    "measure_columns": set(report_measures.COLUMNS.values()),
    "pause_others": {"none", "not_observed", "not_recorded"},
    "pause_columns": {"pause", "in_the_video", "length", "seen"},
    "not_assessable_kinds": {"seen", "values", "silent"},
}


def test_every_list_of_names_has_the_keys_that_the_program_asks_for(tables):
    assert {name: set(tables[name]) for name in NAMES} == NAMES


def test_every_table_of_the_file_is_tested(tables):
    """The names of measures are asked for by measure; those of keys on the keyboard are shown as they stand."""
    assert set(tables) == {*PAGES, *SCRIPTS, *NAMES, "measures", "report_keys", "review_keys"}


def test_heads_come_in_the_order_they_are_asked_for():
    assert strings.heads("pause_columns", ("seen", "pause")) == ("Seen during it", "Pause")
    with pytest.raises(KeyError):
        strings.heads("pause_columns", ("nothing",))


def first_arguments(text: str) -> list[str]:
    """What each call of `say` is asked for: its first argument, which may choose between keys."""
    return re.findall(r"\bsay\(((?:[^(),]|\([^()]*\))*)", text)


@pytest.mark.parametrize("page", PAGES)
def test_no_word_stands_in_a_template(page):
    """What is left between the tags, and in the attributes that people read or hear, has no letters but names of keys and codes."""
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", part(PAGES[page]), flags=re.S)
    text = re.sub(r"\{\{.*?\}\}", "", text, flags=re.S)
    shown = re.findall(r">([^<>]+)<", text) + re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]+)"', text)
    words = {word for each in shown for word in re.findall(r"[A-Za-z]{2,}", each)}
    assert words <= {"revisions", "date", "sha"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_sentence_stands_in_a_script(script):
    text = "".join(re.sub(r"//.*", "", part(name)) for name in SCRIPTS[script])
    sentences = re.findall(r'"[^"\n]*[A-Za-z]+ [a-z]+ [a-z]+[^"\n]*"', text)
    assert [each for each in sentences if not re.search(r"[\[\]=.:#]", each)] == []


def test_a_phrase_has_its_values_escaped_and_its_form_by_the_first():
    phrase = Phrase({"one": "{0} event of {1}", "other": "{0} events of {1}"})
    assert phrase(1, "<b>") == "1 event of &lt;b&gt;"
    assert phrase(2, "a\x07") == "2 events of a\N{REPLACEMENT CHARACTER}"
    assert phrase.text(0, "<b>") == "0 events of <b>"
    assert Phrase("a < b").__html__() == "a &lt; b"


def test_one_of_a_thing_is_not_told_in_the_plural():
    assert [strings.counted(number, "test video") for number in (0, 1, 2)] == [
        "0 test videos",
        "1 test video",
        "2 test videos",
    ]


def test_a_missing_phrase_is_an_error():
    with pytest.raises(AttributeError, match=r"en\.toml has no phrase 'nothing'"):
        Phrases("report").nothing  # noqa: B018 - to ask is the test


def test_other_words_make_another_page(tmp_path, monkeypatch):
    """Every phrase marked: what a reader sees of the page's own words is marked, and the script gets marked ones."""
    marked = re.sub(r'(= "|one = "|other = ")', r"\1§", strings.FILE.read_text(encoding="utf-8"))
    other = tmp_path / "other.toml"
    other.write_text(marked, encoding="utf-8")
    monkeypatch.setattr(strings, "FILE", other)
    page = report_html.render(sample_report())
    assert ">§Timeline</h2>" in page
    assert '"at":"\\u00a7{0} from {1}"' in page
