"""The verifier: what is true of the facts passes in many wordings, and whatever was changed is refused."""

import random
import re
import sys
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resus_doc.agent import facts as F
from resus_doc.agent import lexicon as L
from resus_doc.agent import verify
from resus_doc.agent.facts import Fact, Number

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import llm_data

sys.path.pop(0)


def stretch(cite, activity, start, duration, onset, **more):
    numbers = () if start is None else (Number(role="start", value=start, unit="s"),)
    at_least = more.pop("at_least", False)
    return Fact(
        kind="event",
        cites=(cite,),
        activity=activity,
        anchor=more.pop("anchor", "birth"),
        numbers=(*numbers, Number(role="duration", value=duration, unit="s", at_least=at_least)),
        onset_s=onset,
        **more,
    )


PPV = stretch("E2", "ppv", 78, 25, 38)
SUCTION = stretch("E3", "suction", 110, 4, 70)
ON_TABLE = stretch("E2", "ppv", 78, 25, 38, anchor="arrival on the table")
CUT = stretch("E4", "cpap", 200, 30, 160, at_least=True, ongoing_at_end=True)
BEGUN = stretch("E5", "cpap", None, 30, 0, at_least=True, ongoing_at_start=True)
THRICE = Fact(
    kind="group",
    cites=("E1", "E4", "E7"),
    activity="suction",
    anchor="birth",
    numbers=(
        Number(role="start", value=40, unit="s"),
        Number(role="count", value=3, unit="count"),
        Number(role="total", value=22, unit="s"),
    ),
)
NO_CPAP = Fact(kind="absent", cites=("M4",), activity="cpap", in_view=True)
NO_COMPRESSIONS = Fact(kind="absent", cites=("M9",), activity="chest_compressions", in_view=True)
PAUSE = Fact(
    kind="finding",
    cites=("F3",),
    verdict="not_met",
    quote="Longest pause of PPV",
    metric=True,
    numbers=(Number(role="observed", value=27, unit="s"), Number(role="limit", value=10, unit="s")),
)
TALLY = Fact(
    kind="tally",
    cites=("F1", "F2", "F3"),
    numbers=(Number(role="met", value=2, unit="count"), Number(role="not_met", value=1, unit="count")),
)

TRUE = [
    ([PPV], "PPV began 78 s after birth and lasted 25 s."),
    ([PPV], "At 1:18 after birth, PPV started; it went on for 25 s."),
    ([PPV], "25 s of PPV began 1 min 18 s after birth."),
    ([PPV], "Positive pressure ventilation was seen for 25 seconds, starting 78 seconds after birth."),
    ([PPV], "A 25 s stretch of PPV started at 1:18 after birth."),
    (
        [PPV, SUCTION],
        "PPV began 78 s after birth and lasted 25 s, followed by suction, which began at 1:50 after birth.",
    ),
    ([PPV, SUCTION], "Suction came after PPV."),
    ([PPV, SUCTION], "PPV (25 s) began 78 s after birth and suction (4 s) 110 s after birth."),
    ([CUT], "CPAP started 200 s after birth, lasted at least 30 s and was still under way at the end of the video."),
    ([BEGUN], "CPAP was already under way when the video started and lasted at least 30 s."),
    ([THRICE], "Suction was seen three times, first 40 s after birth, for 22 s in total."),
    ([THRICE], "In total, suction lasted 22 s over 3 stretches, first 40 s after birth."),
    ([NO_CPAP], "No CPAP was seen while the baby was in view."),
    ([NO_CPAP, NO_COMPRESSIONS], "Neither CPAP nor chest compressions was seen."),
    ([PAUSE], "The quality metric “Longest pause of PPV” was not met, with 27 s observed and a limit of 10 s."),
    ([TALLY], "Of the rules, two were met and one was not met."),
    ([PPV], "What stands out for the team about the 25 s of PPV that began 78 s after birth?"),
]

FALSE = [
    # numbers, and numbers of the wrong role or fact
    ([PPV], "PPV began 79 s after birth and lasted 25 s."),
    ([PPV], "PPV began 25 s after birth and lasted 78 s."),
    ([PPV], "78 s of PPV began 25 s after birth."),
    ([PPV, SUCTION], "PPV began 110 s after birth, and suction began 78 s after birth."),
    ([PPV, SUCTION], "PPV lasted 4 s, and suction lasted 25 s."),
    ([PPV, SUCTION], "25 s of suction followed PPV."),
    ([PPV], "PPV began 1:81 after birth."),
    ([PPV], "PPV began 78.0 s after birth and lasted 25.5 s."),
    ([PPV], "PPV began 78 after birth."),
    ([THRICE], "Suction was seen four times, first 40 s after birth, for 22 s in total."),
    ([THRICE], "Suction was seen 22 times."),
    ([THRICE], "Suction was seen three times, first 22 s after birth, for 40 s in total."),
    ([THRICE], "The first stretch of suction lasted 22 s."),
    ([THRICE], "Suction was seen three times for 22 s."),
    # units
    ([PPV], "PPV began 78 min after birth."),
    ([PPV], "PPV began 78 % after birth."),
    ([PPV], "PPV began 78 ms after birth."),
    ([PPV], "PPV lasted 25 times."),
    ([PPV], "PPV lasted 25 min 0 s."),
    # activities
    ([PPV], "CPAP began 78 s after birth and lasted 25 s."),
    ([PPV], "Mask support began 78 s after birth."),
    ([PPV], "Ventilation began 78 s after birth."),
    ([PPV], "PPV and CPAP began 78 s after birth."),
    ([PPV, SUCTION], "PPV began 78 s after birth."),
    # order and comparison
    ([PPV, SUCTION], "Suction was followed by PPV."),
    ([PPV, SUCTION], "PPV came after suction."),
    ([PPV, SUCTION], "Suction lasted 4 s, then PPV lasted 25 s."),
    ([PPV, SUCTION], "PPV and suction began together."),
    ([PPV], "PPV lasted more than 25 s."),
    ([PPV], "PPV lasted at least 25 s."),
    ([CUT], "CPAP started 200 s after birth and lasted 30 s."),
    ([PPV], "PPV first began 78 s after birth."),
    ([PPV], "PPV lasted longer than suction."),
    # negation
    ([PPV], "PPV never began 78 s after birth."),
    ([PPV], "No PPV was seen."),
    ([NO_CPAP], "CPAP was seen."),
    ([NO_CPAP], "CPAP was not not seen."),
    ([NO_CPAP], "No CPAP was not seen."),
    ([NO_CPAP], "CPAP was not done."),
    ([NO_CPAP, NO_COMPRESSIONS], "No CPAP was seen."),
    ([NO_CPAP, NO_COMPRESSIONS], "CPAP or chest compressions were not seen."),
    ([NO_CPAP.model_copy(update={"in_view": False})], "No CPAP was seen while the baby was in view."),
    # verdicts
    ([PAUSE], "The quality metric “Longest pause of PPV” was met, with 27 s observed and a limit of 10 s."),
    ([PAUSE], "The quality metric “Longest pause of PPV” could not be assessed."),
    ([PAUSE], "The quality metric “Longest pause of PPV” was not met, with 10 s observed and a limit of 27 s."),
    ([PAUSE], "The quality metric “Longest pause of CPAP” was not met."),
    ([PAUSE], "The rule “Longest pause of PPV” was not met."),
    ([PAUSE], "The quality metric “Longest pause of PPV” was not quite met."),
    ([PAUSE], "Not met was met by “Longest pause of PPV”."),
    ([TALLY], "Of the rules, one was met and two were not met."),
    ([TALLY], "Of the rules, two were met."),
    # what times count from
    ([PPV], "PPV began 78 s after arrival on the table."),
    ([PPV], "PPV began 78 s before birth."),
    ([PPV], "PPV began at 1:18 after the start of the video."),
    ([ON_TABLE], "PPV began 78 s after birth."),
    ([BEGUN], "CPAP started 30 s after birth."),
    ([BEGUN], "CPAP started and lasted at least 30 s."),
    ([PPV], "PPV was already under way when the video started."),
    # nothing beyond the facts
    ([PPV], "PPV began 78 s after birth and the baby turned pink."),
    ([PPV], "PPV began late, 78 s after birth."),
    ([PPV], "The nurse started PPV 78 s after birth."),
    ([PPV], "PPV began 78 s after birth because the baby was not breathing."),
    ([PPV], "PPV began 78 s after birth, so the heart rate rose."),
    ([PPV], "The team wanted to start PPV 78 s after birth."),
    ([PPV], "PPV was good."),
    ([PPV], "Why did the team start PPV so late?"),
    ([PPV], "Who started PPV 78 s after birth?"),
    ([PPV], "What does the team remember about the 79 s of PPV?"),
    # form
    ([PPV], "PPV began 78 s after birth. It lasted 25 s."),
    ([PPV], "PPV began 78 s after birth\nand lasted 25 s."),
    ([PPV], "PPV began 78 s after birth"),
    ([PPV], "PPV the the of lasted 25 s."),
    ([PPV], ""),
    ([PPV], "."),
    ([PPV], "<|end|>PPV began 78 s after birth."),
    ([PPV], "PPV began 78 s after birth [E2]."),
    ([PPV], "РPV began 78 s after birth."),
    ([PPV, PPV], "PPV began 78 s after birth."),
    ([PPV, PAUSE], "PPV began 78 s after birth."),
    ([], "PPV began 78 s after birth."),
]


@pytest.mark.parametrize(("facts", "text"), TRUE)
def test_true_sentences_pass(facts, text):
    assert verify.check(text, facts) == []


@pytest.mark.parametrize(("facts", "text"), FALSE)
def test_false_or_unlicensed_sentences_are_refused(facts, text):
    assert verify.check(text, facts)


def drawn(count, seed=11):
    rng = random.Random(seed)
    for _ in range(count):
        section, facts = llm_data.draw_facts(rng)
        yield rng, section, facts, llm_data.compose(rng, section, facts)


def test_composed_sentences_pass_in_hundreds_of_forms():
    forms = {}
    for _, section, facts, text in drawn(4000):
        assert verify.check(text, facts, section) == [], text
        assert verify.left_out(text, facts, section) == [], text
        forms.setdefault(section, set()).add(re.sub(r"“.*?”", "Q", re.sub(r"\d[\d.:]*", "#", text)))
    assert all(len(wordings) >= 300 for wordings in forms.values())
    assert len(forms) == 4


def test_a_number_left_out_is_noticed():
    assert verify.left_out("PPV began 78 s after birth.", [PPV], "timeline") == ["leaves out the duration of PPV"]
    assert verify.left_out("What stands out for the team about PPV?", [PPV], "discussion") == []


def change_number(rng, text):
    spots = [match for match in re.finditer(r"\d+", text) if "“" not in text or not _inside_quote(text, match.start())]
    if not spots:
        return None
    spot = rng.choice(spots)
    other = str(int(spot.group()) + rng.choice((1, 2, 7, 10)))
    return text[: spot.start()] + other + text[spot.end() :]


def change_unit(rng, text):
    spots = [
        match
        for match in re.finditer(r"(?<=\d )(s|seconds|%)(?![a-z])", text)
        if not _inside_quote(text, match.start())
    ]
    if not spots:
        return None
    spot = rng.choice(spots)
    unit = rng.choice([unit for unit in ("min", "hours", "ms", "%", "times") if unit != spot.group()])
    return text[: spot.start()] + unit + text[spot.end() :]


def change_activity(rng, text):
    names = ["PPV", "CPAP", "mask support", "stimulation", "suction", "chest compressions"]
    there = [name for name in names if re.search(rf"(?i)\b{name}\b", re.sub("“.*?”", "", text))]
    if not there:
        return None
    name = rng.choice(there)
    spot = next(m for m in re.finditer(rf"(?i)\b{name}\b", text) if not _inside_quote(text, m.start()))
    other = rng.choice([other for other in names if other != name])
    changed = text[: spot.start()] + other + text[spot.end() :]
    return changed[0].upper() + changed[1:]


def change_anchor(rng, text):
    anchors = ["birth", "arrival on the table", "the start of the video"]
    for anchor in anchors:
        for side in ("after", "before"):
            if f"{side} {anchor}" in text:
                other_side = rng.choice(("after", "before"))
                others = [f"{other_side} {other}" for other in anchors if (other_side, other) != (side, anchor)]
                return text.replace(f"{side} {anchor}", rng.choice(others), 1)
    return None


def change_verdict(rng, text):
    for verdicts in llm_data.VERDICTS.values():
        for words in verdicts:
            if re.search(rf"{words}\b", text) and not (
                words.endswith("met") and "not met" in text and "not" not in words
            ):
                others = [v for other in llm_data.VERDICTS.values() if other != verdicts for v in other]
                return re.sub(rf"{words}\b", rng.choice(others), text, count=1)
    return None


def add_clause(rng, text):
    clause = rng.choice(
        (
            " and the baby turned pink",
            " because the airway was blocked",
            ", which was too late",
            ", as the guideline requires",
            " and the heart rate rose",
            " by the midwife",
            ", which helped",
            " to improve breathing",
            " without delay",
            " and was effective",
        )
    )
    return text[:-1] + clause + text[-1]


def add_negation(rng, text):
    spots = [m for m in re.finditer(r"\b(was|were|began|started|lasted)\b", text) if not _inside_quote(text, m.start())]
    if not spots:
        return None
    spot = rng.choice(spots)
    return text[: spot.end()] + " not" + text[spot.end() :]


def turn_order(rng, text):
    swaps = (("was followed by", "came after"), ("came after", "came before"), ("came before", "came after"))
    for words, other in swaps:
        if words in text:
            return text.replace(words, other)
    return None


def _inside_quote(text, position):
    return text[:position].count("“") > text[:position].count("”")


CHANGES = [
    change_number,
    change_unit,
    change_activity,
    change_anchor,
    change_verdict,
    add_clause,
    add_negation,
    turn_order,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_changed_sentence_is_refused(change):
    tried = 0
    for rng, section, facts, text in drawn(1200, seed=23):
        changed = change(rng, text)
        if changed is not None and changed != text:
            tried += 1
            assert verify.check(changed, facts, section), f"{text} -> {changed}"
    assert tried >= 30


def test_a_sentence_is_refused_for_other_facts():
    """A wrong citation: the same sentence under another case's facts of the same kind."""
    every = list(drawn(1500, seed=31))
    for (_, section, facts, text), (_, _, others, _) in pairwise(every):
        if [F.fact_line(fact).split(" | ")[1:] for fact in facts] != [F.fact_line(f).split(" | ")[1:] for f in others]:
            assert verify.check(text, others, section), f"{text} for {[F.fact_line(f) for f in others]}"


def test_shuffled_words_do_not_pass():
    """Salad of a true sentence's own words: what little passes must still claim the same."""
    passed = tried = 0
    for rng, section, facts, text in islice(drawn(1500, seed=37), 1500):
        words = text[:-1].split()
        rng.shuffle(words)
        salad = " ".join(words).replace(" ,", ",")
        tried += 1
        passed += not verify.check(salad[0].upper() + salad[1:] + text[-1], facts, section)
    assert passed / tried < 0.01


WORDS = sorted({word for phrases in L.PHRASES.values() for phrase in phrases for word in phrase.split()})


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([*WORDS, "PPV", "suction", "78 s", "25 s", "1:18", "birth,", "after birth"]), max_size=14)
)
def test_random_licensed_words_make_no_false_claim(words):
    """Whatever of this passes holds the facts' own numbers only in their own roles, which this restates plainly."""
    text = " ".join(words)
    text = text[:1].upper() + text[1:] + "."
    if not verify.check(text, [PPV], "timeline"):
        assert "PPV" in text or "positive" in text.lower()
        assert "suction" not in text.lower()
        assert not re.search(
            r"(?i)(lasted|for|lasting) (78 s|1:18)|25 s after birth|\b(no|not|never|nor|neither)\b", text
        )


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_arbitrary_text_never_passes(text):
    for facts in ([PPV], [THRICE], [NO_CPAP], [PAUSE], [TALLY]):
        for end in (text, text + ".", text + "?"):
            assert verify.check(end, facts)
