"""Wordings of equal meaning come to one plain form, and what is quoted stays."""

import pytest

from resus_doc.agent import wording

SAME = [
    ("PPV lasted a minute and a half", "PPV lasted 90 s"),
    ("PPV lasted one and a half minutes", "PPV lasted 90 s"),
    ("PPV lasted half a minute", "PPV lasted 30 s"),
    ("PPV lasted one minute and eighteen seconds", "PPV lasted 78 s"),
    ("PPV lasted a hundred and seventy-eight seconds", "PPV lasted 178 seconds"),
    ("A 25-second stretch of PPV", "A 25 s stretch of PPV"),
    ("PPV started 78 s into the recording", "PPV started 78 s after the start of the video"),
    ("After suction for 8 s, PPV was given", "Suction for 8 s, then PPV was given"),
    ("At no time was CPAP seen", "No CPAP seen"),
    ("The rule “a minute and a half” was fulfilled", "The rule “a minute and a half” was met"),
    ("What would you like to say about PPV", "What does the team remember about PPV"),
]


@pytest.mark.parametrize(("text", "plain"), SAME)
def test_the_same_meaning_has_one_plain_form(text, plain):
    assert wording.plain(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "PPV was given a second time",
        "PPV lasted 3:05",
        "PPV lasted 1 min 18 s",
        "CPAP lasted 12.5 s",
        "Two were met, one was not met",
    ],
)
def test_other_wording_stays_or_keeps_its_value(text):
    assert wording.plain(text) in (text, text.replace("1 min 18 s", "78 s"))


@pytest.mark.parametrize(
    "words", ["What should the team have done about PPV", "Why does the team remember PPV", "Who gave PPV"]
)
def test_a_blaming_question_is_no_opening(words):
    assert wording.plain(words) == words
