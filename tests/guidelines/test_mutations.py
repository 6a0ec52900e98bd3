"""Whatever number of a shipped profile is changed, the table that traces it to its source no longer agrees with it."""

import re
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
import test_profiles as traced

from resus_doc.guidelines import profile as profiles
from resus_doc.guidelines.profile import shipped_ids

shipped = cache(profiles.load)
_CHECKED = re.compile(r"^(at_most|at_least|below|threshold|gestation_(from|under)_weeks)$")


def numbers_in(node, path=()):
    """Paths to every number that a verdict or a condition may rest on."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and _CHECKED.match(str(key)):
                yield (*path, key)
            else:
                yield from numbers_in(value, (*path, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from numbers_in(value, (*path, place))


def content(name):
    return yaml.safe_load((traced.FOLDER / f"{name}.yaml").read_text())


EVERY_NUMBER = [(name, path) for name in shipped_ids() for path in numbers_in(content(name)["rules"])]


def changed(name, path, factor):
    whole = content(name)
    node = whole["rules"]
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = round(node[path[-1]] * factor, 3)
    return profiles.parse(yaml.safe_dump(whole, allow_unicode=True), f"{name}.yaml")


def test_the_profiles_numbers_are_found():
    assert len(EVERY_NUMBER) >= len(traced.LIMITS) + len(traced.SHOWN) + len(traced.GESTATIONS)


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize(("name", "path"), EVERY_NUMBER, ids=str)
def test_a_changed_number_is_noticed(monkeypatch, name, path, factor):
    mutant = changed(name, path, factor)
    monkeypatch.setattr(traced, "load", lambda wanted: mutant if wanted == name else shipped(wanted))
    checks = (
        traced.test_limits_are_these,
        traced.test_numbers_shown_beside_rules_that_a_camera_cannot_decide_are_these,
        traced.test_gestations_in_conditions_are_these,
    )
    noticed = []
    for check in checks:
        try:
            check()
        except AssertionError:
            noticed.append(check.__name__)
    assert noticed
