"""Gestation: what is read, what is refused, and that it decides whether a rule applies to a case."""

import pytest

from resus_doc.errors import UsageError
from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import load
from resus_doc.guidelines.rules import evaluate
from resus_doc.schema import Timeline, TimeZero
from resus_doc.tools.gestation import parse_gestation


@pytest.mark.parametrize(("text", "weeks"), [("31+4", 31 + 4 / 7), ("32", 32.0), (" 24 + 0 ", 24.0), ("45+0", 45.0)])
def test_weeks_and_days(text, weeks):
    assert parse_gestation(text) == pytest.approx(weeks)


@pytest.mark.parametrize("text", ["", "31+7", "31.5", "19+6", "45+1", "-31+4", "term", "31+", "٣١+4", "3" * 500])
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError, match="such as 31\\+4"):
        parse_gestation(text)


@pytest.mark.parametrize(("text", "silent", "shown"), [("31+6", "from", "under"), ("32+0", "under", "from")])
def test_it_silences_the_rules_of_other_ages(text, silent, shown):
    zero = TimeZero(t_s=0, range_s=(0, 0), source="given")
    case = Timeline(events=(), covered=(), observed=(), duration_s=60, time_zero=zero)
    known = Known(gestation_weeks=parse_gestation(text))
    rules = {found.rule_id for found in evaluate(load("erc-2025"), case, (), known=known).findings}
    assert f"erc-2025.oxygen-{shown}-32-weeks" in rules
    assert f"erc-2025.oxygen-{silent}-32-weeks" not in rules
