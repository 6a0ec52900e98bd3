"""The shipped profiles: their form, and where each of their numbers comes from."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest
import yaml

from resus_doc.errors import UsageError
from resus_doc.guidelines.profile import BeyondCamera, Limit, json_schema, load, parse, shipped_ids

FOLDER = files("resus_doc.guidelines") / "profiles"

# (profile, passage) -> item of the facts file, the numbers that item states for that edition, and whether it is
# tagged [S] there. A number that is not in this table does not belong into a profile.
FACTS = {
    ("aha-2025", "cord-clamping"): (4, {60}, True),
    ("aha-2025", "ppv-start"): (8, {60, 100}, False),
    ("aha-2025", "no-inflation-block"): (9, set(), False),
    ("aha-2025", "ventilation-rate"): (10, {30, 60}, False),
    ("aha-2025", "initial-pressure"): (11, {20, 30}, False),
    ("aha-2025", "compressions-start"): (22, {30, 60}, False),
    ("aha-2025", "alternative-airway"): (23, set(), False),
    ("aha-2025", "oxygen-compressions"): (25, {100}, False),
    ("aha-2025", "heart-rate-recheck"): (26, {60}, False),
    ("aha-2025", "adrenaline"): (27, {0.01, 0.03, 3, 5}, False),
    ("erc-2025", "cord-clamping"): (4, {60}, False),
    ("erc-2025", "temperature"): (5, {36.5, 37.5}, False),
    ("erc-2025", "preterm-wrap"): (5, {32}, False),
    ("erc-2025", "inflation-breaths"): (9, {2, 3}, False),
    ("erc-2025", "ventilation-rate"): (10, {30, 1}, False),
    ("erc-2025", "initial-pressure"): (11, {30, 32, 25, 6}, False),
    ("erc-2025", "cpap"): (13, {32, 6, 30}, False),
    ("erc-2025", "heart-rate-recheck"): (15, {30}, False),
    ("erc-2025", "corrective-steps"): (17, set(), False),
    ("erc-2025", "initial-oxygen"): (19, {21, 32, 30}, False),
    ("erc-2025", "saturation-targets"): (20, set(), False),
    ("erc-2025", "ecg"): (21, set(), False),
    ("erc-2025", "alternative-airway"): (23, set(), False),
    ("erc-2025", "oxygen-compressions"): (25, {100}, False),
    ("erc-2025", "compressions-recheck"): (26, {30}, False),
    ("hbb-2", "initial-steps"): (3, {60}, False),
    ("hbb-2", "cord"): (4, set(), True),
    ("hbb-2", "suction"): (7, set(), True),
    ("hbb-2", "ventilation-start"): (8, {1}, False),
    ("hbb-2", "no-inflation-block"): (9, set(), False),
    ("hbb-2", "ventilation-rate"): (10, {40}, False),
    ("hbb-2", "uninterrupted-ventilation"): (18, set(), True),
    ("hbb-2", "no-compressions"): (22, set(), False),
    ("quality-metrics", "time-zero"): (1, set(), False),
    ("quality-metrics", "suction-not-routine"): (7, set(), False),
    ("quality-metrics", "uninterrupted-ventilation"): (18, set(), True),
    ("quality-metrics", "pause-limit"): (18, set(), False),
}

# Limits and lengths that are no statement of a guideline (item 18: no guideline gives a pause limit in seconds).
OWN_NUMBERS = {
    ("quality-metrics", "ppv-fraction-30s"): {30},
    ("quality-metrics", "ppv-fraction-60s"): {60},
    ("quality-metrics", "ppv-pause-longest"): {10},
}
SAME_IN_OTHER_UNITS = {("hbb-2", "ventilation-within-60s"): {60}}  # 1 minute

DOIS = {
    ("aha-2025", "A25"): "10.1161/CIR.0000000000001367",
    ("quality-metrics", "I25"): "10.1161/CIR.0000000000001363",
}

LIMITS = {
    "aha-2025.ppv-within-60s": ("at_most", 60),
    "aha-2025.compressions-after-ppv": ("at_least", 30),
    "aha-2025.compressions-heart-rate": ("below", 60),
    "hbb-2.ventilation-within-60s": ("at_most", 60),
    "quality-metrics.ppv-pause-longest": ("at_most", 10),
}
SHOWN = {
    "aha-2025.cord-clamping-deferred": (60, "s"),
    "aha-2025.heart-rate-recheck": (60, "s"),
    "erc-2025.cord-clamping-deferred": (60, "s"),
    "erc-2025.heart-rate-recheck": (30, "s"),
    "erc-2025.compressions-recheck": (30, "s"),
    "hbb-2.initial-steps": (60, "s"),
}
GESTATIONS = {
    "erc-2025.preterm-wrap": {32},
    "erc-2025.pressure-from-32-weeks": {32},
    "erc-2025.pressure-under-32-weeks": {32},
    "erc-2025.cpap-under-32-weeks": {32},
    "erc-2025.oxygen-from-32-weeks": {32},
    "erc-2025.oxygen-under-32-weeks": {32},
}


def numbers(text):
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", re.sub(r"[A-Za-z]+\d+", "", text))}


def every_rule():
    return [(profile, rule) for profile in map(load, shipped_ids()) for rule in profile.rules]


def test_the_shipped_profiles_are_these():
    assert shipped_ids() == ("aha-2025", "erc-2025", "hbb-2", "quality-metrics")


def test_every_passage_stands_in_the_table_and_the_other_way_round():
    assert {(profile, key) for profile in shipped_ids() for key in load(profile).passages} == set(FACTS)


@pytest.mark.parametrize(("profile", "key"), FACTS)
def test_a_passage_states_the_numbers_of_its_fact_and_no_other(profile, key):
    _item, stated, seen_in_source = FACTS[profile, key]
    passage = load(profile).passages[key]
    assert numbers(passage.text) == stated
    assert numbers(passage.title) <= stated
    assert passage.verified == seen_in_source


def test_a_rule_states_no_number_that_its_passages_do_not_state():
    for profile, rule in every_rule():
        stated = (
            set().union(*(numbers(profile.passages[key].text) for key in rule.passages)) if rule.passages else set()
        )
        stated |= OWN_NUMBERS.get((profile.id, rule.id), set()) | SAME_IN_OTHER_UNITS.get((profile.id, rule.id), set())
        shown = numbers(rule.statement) | numbers(rule.expected)
        if not isinstance(rule.check, BeyondCamera) and isinstance(rule.check, Limit):
            shown.add(rule.check.threshold)
        assert shown <= stated, (profile.id, rule.id, shown - stated)


def test_limits_are_these():
    found = {
        profile.rule_id(rule): next(
            (name, limit)
            for name in ("at_most", "at_least", "below")
            if (limit := getattr(rule.check, name)) is not None
        )
        for profile, rule in every_rule()
        if isinstance(rule.check, Limit)
    }
    assert found == LIMITS


def test_numbers_shown_beside_rules_that_a_camera_cannot_decide_are_these():
    found = {
        profile.rule_id(rule): (rule.check.threshold, rule.check.unit)
        for profile, rule in every_rule()
        if isinstance(rule.check, BeyondCamera) and rule.check.threshold is not None
    }
    assert found == SHOWN


def test_gestations_in_conditions_are_these():
    found = {
        profile.rule_id(rule): numbers(rule.applies_when.model_dump_json(exclude_none=True))
        for profile, rule in every_rule()
        if rule.applies_when and "weeks" in rule.applies_when.model_dump_json(exclude_none=True)
    }
    assert found == GESTATIONS


def test_dois_are_those_of_the_facts_and_unknown_ones_are_null():
    found = {
        (profile, key): source.doi_or_isbn
        for profile in shipped_ids()
        for key, source in load(profile).sources.items()
        if source.doi_or_isbn is not None
    }
    assert found == DOIS
    assert all(passage.section is None for profile in shipped_ids() for passage in load(profile).passages.values())


def test_only_rules_of_the_quality_metrics_have_limits_without_a_passage():
    for profile, rule in every_rule():
        if isinstance(rule.check, Limit) and rule.check.basis is None:
            assert profile.kind == "quality_metric"
            assert "quality metric" in rule.expected


@pytest.mark.parametrize("profile_id", shipped_ids())
def test_the_files_keep_to_the_json_schema(profile_id):
    schema = json.loads((FOLDER / "profile.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load((FOLDER / f"{profile_id}.yaml").read_text()), schema)


def test_the_json_schema_is_that_of_the_classes():
    assert (FOLDER / "profile.schema.json").read_text() == json_schema()


def edited(old, new):
    text = (FOLDER / "aha-2025.yaml").read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    return text.replace(old, new, 1), line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("      at_most: 60\n", "      at_most: sixty\n", "at_most"),
        ("    statement: The guideline has clamping", "    statment: The guideline has clamping", "statment"),
        ("      of: time_to_first_ppv\n", "      about: time_to_first_ppv\n", "about"),
        ("      any:\n        - known: not_breathing_or_gasping", "      any:\n        - known: grumpy", "known"),
    ],
)
def test_a_fault_is_named_with_its_line(old, new, words):
    text, line = edited(old, new)
    fault_line = line + new.rstrip("\n").count("\n")
    with pytest.raises(UsageError) as caught:
        parse(text, "my-hospital.yaml")
    assert "my-hospital.yaml" in str(caught.value)
    assert f"line {fault_line}:" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: &a [*a]\n", "line 1"),
        ("id: x\nid: y\n", "line 2: 'id' is given twice"),
        ("id: [\n", "line 2"),
        ("", "line 1"),
        ("- a\n", "line 1"),
        ("id: x: y\n", "line 1"),
        ("id: " + "[" * 3000, "broken.yaml"),
        ("id: 2024-99-99\n", "broken.yaml"),
    ],
)
def test_files_that_are_no_profiles_are_refused_with_a_line(text, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        parse(text, "broken.yaml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    passages: [cord-clamping]", "    passages: [cord]", "passage 'cord'"),
        ("  - id: ventilation-rate\n", "  - id: initial-pressure\n", "two rules"),
        ("      basis: ppv-start\n", "      basis: null\n", "basis"),
        ("    passages: [ppv-start]\n    verified: false", "    passages: [ppv-start]\n    verified: true", "verified"),
        ("    source: A25\n", "    source: A24\n", "A24"),
        ("id: aha-2025\n", "id: own-documents\n", "documents of a site"),
        ("      at_most: 60\n", "      at_most: 60\n      at_least: 30\n", "either at_most or at_least"),
    ],
)
def test_contradictions_are_refused(old, new, words):
    text, _ = edited(old, new)
    with pytest.raises(UsageError, match=words):
        parse(text, "my-hospital.yaml")


def test_a_sites_own_file_is_read(tmp_path):
    path = tmp_path / "my-hospital.yaml"
    path.write_text((FOLDER / "aha-2025.yaml").read_text().replace("id: aha-2025", "id: my-hospital", 1))
    assert load(path).ref.id == "my-hospital"


def test_an_unknown_profile_names_those_that_exist():
    with pytest.raises(UsageError, match="aha-2025, erc-2025"):
        load("aha-1999")
