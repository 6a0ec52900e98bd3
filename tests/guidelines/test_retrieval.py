"""Questions as clinicians write them find their passages. The questions were written before any tuning of the ranking."""

import csv
import random
import time
from pathlib import Path

import pytest

from resus_doc.guidelines.keywords import KeywordIndex, distance, words
from resus_doc.guidelines.store import PassageStore

with (Path(__file__).parent / "questions.csv").open(encoding="utf-8") as file:
    QUESTIONS = [(row["profile"], row["passage"], row["question"]) for row in csv.DictReader(file)]

RECALL_AT_3 = 0.95
"""The aim the project set itself, with and without typing errors."""

QUERY_S = 0.1
"""Likewise; once the store is open."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with PassageStore.open(tmp_path_factory.mktemp("data")) as opened:
        yield opened


def missed(store, questions):
    found = []
    for profile, passage, question in questions:
        hits = [hit.id for hit, _ in store.search(question, k=3, profile=profile)]
        if f"{profile}.{passage}" not in hits:
            found.append((question, f"{profile}.{passage}", hits))
    return found


def mistyped(question, seed):
    """One typing error in the longest word: two neighbouring letters swapped, one left out, or one doubled."""
    draw = random.Random(seed)
    word = max(question.split(), key=len)
    if len(word) < 5:
        return question
    at = draw.randrange(1, len(word) - 1)
    kinds = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    return question.replace(word, draw.choice(kinds), 1)


def test_there_are_questions_on_every_passage_of_every_guideline(store):
    asked = {f"{profile}.{passage}" for profile, passage, _ in QUESTIONS}
    held = {name for name in store.ids if not name.startswith("quality-metrics.")}
    assert asked == held
    assert len(QUESTIONS) >= 80


def test_recall_at_3(store):
    wrong = missed(store, QUESTIONS)
    assert 1 - len(wrong) / len(QUESTIONS) >= RECALL_AT_3, wrong


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recall_at_3_with_typing_errors(store, seed):
    questions = [(profile, passage, mistyped(question, seed)) for profile, passage, question in QUESTIONS]
    assert sum(old != new for old, new in zip(QUESTIONS, questions, strict=True)) > 60
    wrong = missed(store, questions)
    assert 1 - len(wrong) / len(QUESTIONS) >= RECALL_AT_3, wrong


def test_a_query_is_quick(store):
    store.search("bagging rate")
    begun = time.perf_counter()
    for _, _, question in QUESTIONS[:20]:
        store.search(question)
    assert (time.perf_counter() - begun) / 20 < QUERY_S


def test_results_are_of_the_profile_asked_for_and_best_first(store):
    hits = store.search("bagging rate", k=5, profile="hbb-2")
    assert {passage.profile for passage, _ in hits} == {"hbb-2"}
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len(store.search("bagging rate", k=2)) == 2


def test_empty_and_strange_queries(store):
    assert store.search("   ") == []
    assert store.search("bagging", k=0) == []
    assert store.search("bagging", profile="no-such-profile") == []
    assert len(store.search("?!", k=3)) == 3
    assert len(store.search("x" * 5000, k=3)) == 3


def test_slang_is_read_and_typing_errors_are_mended():
    index = KeywordIndex(["chest compressions", "oxygen saturation", "ventilation rate"])
    assert index.scores("sats")[1] > 0
    assert index.scores("cpr")[0] > 0
    assert index.scores("ventilaton")[2] > 0
    assert index.scores("giraffe") == [0, 0, 0]
    assert words("MR. SOPA") == words("mr sopa") == words("MRSOPA")


@pytest.mark.parametrize(
    ("left", "right", "errors"), [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("", "ab", 2)]
)
def test_distance(left, right, errors):
    assert distance(left, right) == distance(right, left) == errors
