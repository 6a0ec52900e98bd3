"""A person's check of a rule: kept, shown, and lost when the rule changes."""

import pytest

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.guidelines import checked
from resus_doc.guidelines.profile import load

RULE = "aha-2025.ppv-within-60s"


def verified(profile):
    return {profile.rule_id(rule) for rule in profile.rules if rule.verified}


def test_a_check_marks_this_rule_and_no_other(tmp_path):
    before = load("aha-2025")
    checked.record(RULE, "A. Nurse", tmp_path)
    after, by = checked.apply(before, tmp_path)
    assert verified(after) - verified(before) == {RULE}
    assert by == {RULE: "A. Nurse"}


def test_a_rule_that_changed_since_counts_as_unchecked(tmp_path):
    checked.record(RULE, "A. Nurse", tmp_path)
    profile = load("aha-2025")
    rules = tuple(rule.model_copy(update={"expected": "At most 90 s."}) for rule in profile.rules)
    assert checked.apply(profile.model_copy(update={"rules": rules}), tmp_path)[1] == {}


@pytest.mark.parametrize(
    ("rule", "name"), [("aha-2025.nothing", "A"), (RULE, " "), ("quality-metrics.time-to-ppv", "A")]
)
def test_what_cannot_be_checked_is_refused(rule, name, tmp_path):
    with pytest.raises(UsageError):
        checked.record(rule, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_record_is_told(tmp_path):
    (tmp_path / checked.FILE).write_text("[1]")
    with pytest.raises(ResourceMissing, match="checked-rules"):
        checked.apply(load("aha-2025"), tmp_path)
