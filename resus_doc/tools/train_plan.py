"""How a detector is trained: methods, and recipes with names. Plain data; the numbers have their reason beneath them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from resus_doc.errors import UsageError
from resus_doc.models.learning import SMALL, Learning
from resus_doc.models.views import View

Method = Literal["head", "lora", "full", "timesformer"]
RecipeName = Literal["project", "study"]


@dataclass(frozen=True)
class Plan:
    """How to train. `check_every` steps lie between two looks at the validation videos."""

    method: Method
    steps: int | None
    """Optimiser steps at most; None is once through all training windows."""
    batch: int = SMALL.batch
    accumulate: int = SMALL.accumulate
    """Batches whose gradients make one step: a large batch in little memory."""
    learning_rate: float = SMALL.learning_rate
    weight_decay: float = 0.01
    recipe: RecipeName = "project"
    rank: int = 16
    check_every: int = 50
    patience: int = 6
    """Looks at the validation videos without a better one, after which the training ends."""
    seed: int = 1
    view: View = "all"
    """What is learned from of each window; others than all are baselines."""
    four_bit: bool = False
    """Whether the frozen base is held in four bits."""
    recompute: bool = False
    """Whether the base's layers compute again what the gradients need rather than keep it: more time, less memory."""


FULL_SHARE = 0.1
"""Of the rate of an adapter, what `full` takes, as all weights move."""

DEFAULTS: Mapping[Method, Plan] = {
    "head": Plan("head", steps=150),
    "lora": Plan("lora", steps=800),
    "full": Plan("full", steps=800, learning_rate=FULL_SHARE * SMALL.learning_rate),
    "timesformer": Plan("timesformer", steps=800, learning_rate=5e-4),
}
"""The in-project recipe: steps and rates for the small base; `learning.LARGE` has what differs for a large one."""

STUDY: Mapping[str, Any] = {
    "steps": None,
    "batch": 1,
    "accumulate": 1,
    "learning_rate": 5e-5,
    "weight_decay": 1e-4,
    "rank": 16,
    "recipe": "study",
}
"""arXiv 2602.12002 and its authors' public code: one epoch, AdamW; the adapter is `training.STUDY_ADAPTER`."""


def planned(method: Method, recipe: RecipeName = "project", size: Learning = SMALL, **given: Any) -> Plan:
    """A method's plan by a recipe, for a base of a size; `given` values that are not None go before it.

    Raises:
        UsageError: `given` has another rank than the study's adapter, which is what it is.
    """
    plan = replace(DEFAULTS[method], **{**_by_size(method, size), **(STUDY if recipe == "study" else {})})
    if recipe == "study" and given.get("rank") not in (None, plan.rank):
        raise UsageError(f"--rank {given['rank']} with --recipe study: its rank is {plan.rank}.", "Leave one out.")
    return replace(plan, **{name: value for name, value in given.items() if value is not None})


def _by_size(method: Method, size: Learning) -> dict[str, Any]:
    """What differs for a large base. A TimeSformer is small whatever stands beside it; behind a head nothing learns."""
    if size == SMALL or method == "timesformer":
        return {}
    rate = size.learning_rate * (FULL_SHARE if method == "full" else 1)
    return {**asdict(size), "learning_rate": rate, "recompute": size.recompute and method != "head"}


def fitted(plan: Plan, windows: int) -> Plan:
    """The plan for so many training windows: no step takes more of them than there are."""
    batch = min(plan.batch, windows)
    accumulate = min(plan.accumulate, windows // batch)
    steps = plan.steps or -(-windows // (batch * accumulate))
    return replace(
        plan, batch=batch, accumulate=accumulate, steps=steps, check_every=min(plan.check_every, max(1, steps))
    )
