"""The writer over many simulated cases, without a language model and with the worst one there is."""

import random

import pytest

from resus_doc.agent import verify, writer
from resus_doc.agent.facts import SentencePlan, count_word
from resus_doc.errors import LanguageModelBroken
from resus_doc.guidelines import profile as profiles
from resus_doc.guidelines import rules
from resus_doc.models.llm import Completion, Engine
from resus_doc.schema import ACTIVITIES, DomainCheck, Event, Report, Video
from resus_doc.tools import measures
from resus_doc.tools.timeline import timeline_from_annotations

SECTIONS = ["summary", "timeline", "adherence", "discussion"]


def event(number, activity, start_s, end_s):
    return Event.annotated(f"E{number}", activity, start_s, end_s)


def case(events, duration_s=300.0, birth_time_s=-40.0, in_domain=True):
    """A report made by the real timeline, measures and rules."""
    timeline = timeline_from_annotations(tuple(events), duration_s, birth_time_s=birth_time_s, birth_uncertainty_s=0.0)
    profile = profiles.load("aha-2025")
    if in_domain:
        numbers = measures.compute(timeline)
        adherence = rules.evaluate(profile, timeline, numbers)
    else:
        numbers, adherence = (), rules.withhold(profile, "The video is unlike the training data.")
    return Report(
        case_id="case-1",
        video=Video(
            name="ä—å.mp4", sha256="0" * 64, duration_s=duration_s, width=64, height=48, frame_rate=25, grid_fps=4
        ),
        time_zero=timeline.time_zero,
        activities_covered=timeline.covered,
        observed_s=timeline.observed_s if in_domain else 0.0,
        domain_check=DomainCheck(in_domain=in_domain, score=0.5, threshold=0.4, validated_on="simulated"),
        events=timeline.events if in_domain else (),
        measures=numbers,
        guideline=profile.ref,
        findings=adherence.findings,
        passages=adherence.passages,
        narrative=(),
    )


def drawn_case(seed):
    """A case with up to 20 events of random activities, some of them at the video's edges."""
    rng = random.Random(seed)
    duration_s = rng.choice((40.0, 120.0, 600.0, 3000.0))
    events = [event(1, "baby_visible", rng.choice((0.0, 5.0)), duration_s)]
    for number in range(2, rng.choice((2, 3, 6, 20))):
        start_s = rng.choice((0.0, rng.uniform(0, duration_s - 2)))
        end_s = rng.choice((duration_s, min(duration_s, start_s + rng.uniform(0.3, 60))))
        events.append(event(number, rng.choice(ACTIVITIES[1:]), start_s, end_s))
    return case(events, duration_s, birth_time_s=rng.choice((None, -90.0, 12.0)))


def long_case(count=400):
    acts = ("ppv", "suction", "stimulation", "cpap")
    every = [event(n + 2, acts[n % 4], 20.0 + 27 * n, 30.0 + 27 * n) for n in range(count)]
    return case([event(1, "baby_visible", 0.0, 10_900.0), *every], duration_s=10_900.0)


def ids_of(report):
    values = (*report.events, *report.measures, *report.findings, *report.passages)
    return {value.id for value in values}


def sentences(narrative):
    return [sentence for section in narrative for sentence in section.sentences]


@pytest.mark.parametrize("seed", range(60))
def test_template_sentences_pass_the_verifier_and_cite_what_exists(seed):
    report = drawn_case(seed)
    narrative = writer.write_narrative(report, None)
    assert [section.section for section in narrative] == SECTIONS
    for item in map(SentencePlan.model_validate, writer.plan(report)):
        assert verify.check(item.template, item.facts, item.section) == []
        assert verify.left_out(item.template, item.facts, item.section) == []
    for sentence in sentences(narrative):
        assert sentence.origin == "template"
        assert sentence.cites and set(sentence.cites) <= ids_of(report)


def test_every_event_is_told_in_a_short_case():
    report = drawn_case(6)
    told = {
        cite
        for item in writer.plan(report)
        if item["section"] == "timeline"
        for f in item["facts"]
        for cite in f["cites"]
    }
    acts = {event.id for event in report.events if event.activity != "baby_visible"}
    assert acts and acts <= told


def test_the_words_of_a_small_case():
    report = case(
        [
            event(1, "baby_visible", 0, 300),
            event(2, "stimulation", 10, 20),
            event(3, "ppv", 38, 63),
            event(4, "ppv", 90, 130),
        ]
    )
    texts = [sentence.text for sentence in sentences(writer.write_narrative(report, None))]
    assert "PPV was seen twice, first at 1:18 after birth, for 1:05 in total." in texts
    assert (
        "Stimulation started 50 s after birth and lasted 10 s; then PPV started at 1:18 after birth and lasted 25 s."
        in texts
    )
    assert any(text.startswith("What does the team remember about") for text in texts)


def test_a_case_without_events():
    report = case([event(1, "baby_visible", 0, 300)])
    texts = [sentence.text for sentence in sentences(writer.write_narrative(report, None))]
    assert "None of the recognised activities was seen while the baby was in view." in texts
    assert not any("nothing was done" in text.lower() for text in texts)


def test_without_a_label_for_the_baby_nothing_is_said_about_its_being_in_view():
    texts = [sentence.text for sentence in sentences(writer.write_narrative(case([]), None))]
    assert "None of the recognised activities was seen." in texts
    assert not any("in view" in text for text in texts)


def test_a_baby_never_in_view_makes_absence_meaningless():
    report = case([event(1, "baby_visible", 0, 300)]).model_copy(update={"observed_s": 0.0, "events": ()})
    texts = [sentence.text for sentence in sentences(writer.write_narrative(report, None))]
    assert not any("none of the recognised" in text.lower() for text in texts)
    assert any("not recognised in view" in text for text in texts)


def test_a_case_out_of_domain_says_so_and_tells_no_event():
    report = case([event(1, "baby_visible", 0, 300), event(2, "ppv", 40, 80)], in_domain=False)
    narrative = writer.write_narrative(report, None)
    assert {sentence.text for sentence in narrative[0].sentences} == {
        "This video is unlike the videos the detector was trained on, so its events are withheld and no rule was assessed."
    }
    assert not any("PPV" in sentence.text for sentence in sentences(narrative))


def test_a_case_without_findings():
    report = case([event(1, "baby_visible", 0, 300), event(2, "ppv", 40, 80)]).model_copy(update={"findings": ()})
    narrative = writer.write_narrative(report, None)
    assert narrative[2].sentences == ()
    assert all(section.sentences for section in narrative if section.section != "adherence")


def test_four_hundred_events_are_counted_and_what_is_left_out_is_said():
    report = long_case()
    narrative = writer.write_narrative(report, None)
    acts = [event for event in report.events if event.activity != "baby_visible"]
    assert len(acts) == 400
    texts = [sentence.text for sentence in sentences(narrative)]
    left_out = len(acts) - writer.MOST_EVENTS
    assert any(text.startswith(f"{left_out} further events are not told here one by one") for text in texts)
    assert any("was seen 100 times" in text for text in texts)
    assert len(texts) < 60
    assert max(len(sentence.cites) for sentence in sentences(narrative)) < 40


def test_a_drafted_sentence_stands_only_if_the_verifier_accepts_it():
    report = case([event(1, "baby_visible", 0, 300), event(2, "ppv", 38, 63)])
    planned = writer.plan(report)
    index = next(n for n, item in enumerate(planned) if item["section"] == "timeline")
    drafts = writer.undrafted(planned)
    for text, origin in (
        ("25 s of PPV began 78 s after birth.", "llm"),
        ("25 s of PPV began 79 s after birth.", "template"),
        ("PPV began 78 s after birth and the baby turned pink.", "template"),
    ):
        drafts[index] = {"text": text, "problems": [], "tries": 1}
        chosen = next(s for s in writer.assemble(planned, drafts)[1].sentences)
        assert chosen.origin == origin
        assert (chosen.text == text) == (origin == "llm")


def test_what_could_not_be_assessed_is_counted_over_rules_and_metrics_and_said_to_be():
    """The tally beside it counts rules alone, and the head of the page all findings, measured or not."""
    report = case([event(1, "baby_visible", 0, 300), event(2, "ppv", 38, 63)])
    blank = [f for f in report.findings if f.verdict == "not_assessable" and f.observed_value is None]
    assert {finding.kind for finding in blank} == {"guideline", "quality_metric"}
    *_, last = writer.write_narrative(report, None)[2].sentences
    assert last.cites == tuple(finding.id for finding in blank)
    counted = (
        f"{count_word(len(blank))} of the rules and quality metrics could not be assessed and had no value measured;"
    )
    assert last.text.lower().startswith(counted)


def answered(report, most=None):
    return [writer.worded(planned, None) for planned in writer.planned_about(report, most)]


def test_answers_tell_what_is_left_out():
    report = long_case(40)
    told = answered(report.model_copy(update={"measures": (), "findings": (), "passages": ()}), most=8)
    assert len(told) == 9
    assert told[-1].text == "33 further entries are not told here."
    assert len(told[-1].cites) == 33


def test_answers_about_measures_and_passages():
    report = case([event(1, "baby_visible", 0, 300), event(2, "ppv", 38, 63)])
    for sentence in answered(report.model_copy(update={"events": ()})):
        assert sentence.cites and set(sentence.cites) <= ids_of(report)
    texts = [sentence.text for sentence in answered(report)]
    assert "“Time to first PPV” was 1:18." in texts


# --- with the worst model there is


def test_random_weights_give_the_template_report(random_model):
    report = case([event(1, "baby_visible", 0, 300), event(2, "suction", 20, 24), event(3, "ppv", 38, 63)])
    fractions = []
    with Engine.open(random_model) as engine:
        narrative = writer.write_narrative(report, engine, progress=fractions.append)
        planned = writer.plan(report)
        drafts = writer.draft(planned, engine)
    plain = writer.write_narrative(report, None)
    assert [s.cites for s in sentences(narrative)] == [s.cites for s in sentences(plain)]
    assert {s.origin for s in sentences(narrative)} == {"template"}
    assert fractions[-1] == 1.0
    drafted = [draft for draft in drafts if draft["tries"]]
    assert drafted and all(draft["text"] for draft in drafted)


def test_refused_sentences_are_tried_three_times_at_most(random_model):
    report = case([event(1, "baby_visible", 0, 300), event(2, "suction", 20, 24)])
    with Engine.open(random_model) as engine:
        planned = writer.plan(report)[:2]
        drafts = None
        for _ in range(1 + writer.REWRITES):
            drafts = writer.verify(planned, writer.draft(planned, engine, earlier=drafts))
    assert [draft["tries"] for draft in drafts if draft["problems"]]
    assert max(draft["tries"] for draft in drafts) == 1 + writer.REWRITES


def test_a_broken_engine_costs_sentences_not_the_report(random_model, tmp_path):
    gone = tmp_path / "gone.gguf"
    gone.write_bytes(random_model.read_bytes())
    report = case([event(1, "baby_visible", 0, 300), event(2, "suction", 20, 24), event(3, "ppv", 38, 63)])
    engine = Engine.open(gone)
    engine.close()
    gone.write_bytes(b"GGUF")
    with pytest.raises(LanguageModelBroken):
        engine.complete("system", "user", max_tokens=1, seed=0)
    assert writer.write_narrative(report, engine) == writer.write_narrative(report, None)


class Stingy:
    """In place of the engine: it never comes to the full stop within the usual limit."""

    def __init__(self, most_tokens):
        self.most_tokens = most_tokens
        self.asked = []

    def complete(self, *, system, user, max_tokens, **_):
        self.asked.append((max_tokens, user))
        whole = max_tokens > self.most_tokens
        return Completion("25 s of PPV began 78 s after birth." if whole else "25 s of PPV began 78", whole, 0.0)


def test_a_sentence_cut_at_the_token_limit_is_asked_for_again_with_more_room():
    report = case([event(1, "baby_visible", 0, 300), event(2, "ppv", 38, 63)])
    planned = [item for item in writer.plan(report) if item["section"] == "timeline"]
    patient = Stingy(writer.MOST_TOKENS)
    drafts = writer.verify(planned, writer.draft(planned, patient))
    assert [most for most, _ in patient.asked] == [writer.MOST_TOKENS, 2 * writer.MOST_TOKENS]
    assert "unfinished" in patient.asked[1][1] and drafts[0]["problems"] == [] and drafts[0]["tries"] == 1
    hopeless = writer.verify(planned, writer.draft(planned, Stingy(10**6)))
    assert hopeless[0]["problems"]
