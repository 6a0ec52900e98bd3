"""Which test videos come from hospitals that are in the training, and which from a hospital that is in none.

What it does not know: what a bundle that was made elsewhere learned from. The training is that of the dataset compared on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from resus_doc.errors import InputRefused
from resus_doc.tools.dataset import AnnotatedVideo, Case, Dataset, read_cases, with_same_content

Tests = Mapping[str, Sequence[AnnotatedVideo]]
"""The test videos by group: `FAMILIAR` and, where there are any, `HELD_OUT`."""

FAMILIAR, HELD_OUT = "familiar", "held out"


class _Learned(NamedTuple):
    """What the detectors of a dataset learn from: its training and validation cases, and their hospitals."""

    dataset: Dataset
    cases: tuple[Case, ...]
    hospitals: frozenset[str]


def test_groups(dataset: Dataset, held_out: Dataset | None) -> dict[str, list[AnnotatedVideo]]:
    """The test videos, those of a hospital that no training or validation video shows apart from the others.

    Raises:
        InputRefused: a case cannot be used, or one of `held_out` was learned from, or its hospital was.
    """
    learned = _learned(dataset)
    cases = dataset.of("test")
    strange = {case for case in cases if _is_strange(hospital_of(dataset, case), learned)}
    groups = {FAMILIAR: read_cases([case for case in cases if case not in strange], dataset.labels)}
    apart = read_cases([case for case in cases if case in strange], dataset.labels)
    if held_out is not None:
        refuse_learned(dataset, held_out)
        apart += read_cases(held_out.of("test"), held_out.labels)
    return {name: group for name, group in {**groups, HELD_OUT: apart}.items() if group}


def hospital_of(dataset: Dataset, case: Case) -> str | None:
    """The hospital that a case's scenario names; None for a case without scenario.

    Raises:
        InputRefused: the scenario cannot be read.
    """
    path = dataset.folder / "scenarios" / case.split / f"{case.stem}.json"
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["hospital"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(f"The scenario {path} names no hospital.", "Take it out of the dataset.") from error


def _learned(dataset: Dataset) -> _Learned:
    cases = tuple(case for case in dataset.cases if case.split != "test")
    hospitals = {hospital_of(dataset, case) for case in cases}
    return _Learned(dataset, cases, frozenset(name for name in hospitals if name is not None))


def _is_strange(hospital: str | None, learned: _Learned) -> bool:
    """Whether a hospital is surely none of those learned from."""
    return hospital is not None and bool(learned.hospitals) and hospital not in learned.hospitals


def refuse_learned(dataset: Dataset, held_out: Dataset) -> None:
    """See that no test case of `held_out` is learned from in `dataset`, by content or by name, nor its hospital.

    Simulated datasets all number their cases from nought: equal names are the same case unless two hospitals say otherwise.

    Raises:
        InputRefused: one is.
    """
    learned = _learned(dataset)
    cases = held_out.of("test")
    for case in cases:
        hospital = hospital_of(held_out, case)
        if hospital in learned.hospitals:
            raise InputRefused(
                f"{case.video} comes from the hospital '{hospital}', which is in the training or validation split of "
                f"{learned.dataset.folder}: it is not held out.",
                "Name a dataset of another hospital with --held-out.",
            )
        for other in learned.cases:
            if other.stem.casefold() != case.stem.casefold():
                continue
            if hospital is None or hospital_of(learned.dataset, other) is None:
                raise _not_held_out(case, other, "has the name of a case")
    same = with_same_content(cases, learned.cases)
    if same is not None:
        raise _not_held_out(*same, "has the content of a case")


def _not_held_out(case: Case, other: Case, how: str) -> InputRefused:
    return InputRefused(
        f"The held-out video {case.video} {how} that is learned from: {other.video} (split {other.split}).",
        "Take it out of one of the two datasets, or rename it if it is another case.",
    )
