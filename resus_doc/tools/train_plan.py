"""How a detector is trained: methods, and recipes with names. Plain data; the numbers have their reason beneath them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from resus_doc.models.views import View

Method = Literal["head", "lora", "full", "timesformer"]
RecipeName = Literal["project", "study"]


@dataclass(frozen=True)
class Plan:
    """How to train. `check_every` steps lie between two looks at the validation videos."""

    method: Method
    steps: int | None
    """Optimiser steps at most; None is once through all training windows."""
    batch: int = 32
    accumulate: int = 1
    """Batches whose gradients make one step: a large batch in little memory."""
    learning_rate: float = 2e-3
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


DEFAULTS: Mapping[Method, Plan] = {
    "head": Plan("head", steps=150),
    "lora": Plan("lora", steps=800),
    "full": Plan("full", steps=800, learning_rate=2e-4),
    "timesformer": Plan("timesformer", steps=800, learning_rate=5e-4),
}
"""The in-project recipe: steps and rates for the small base; for `full` a tenth of the rate, as all weights move."""

STUDY: Mapping[str, Any] = {
    "steps": None,
    "batch": 1,
    "learning_rate": 5e-5,
    "weight_decay": 1e-4,
    "rank": 16,
    "recipe": "study",
}
"""arXiv 2602.12002 and its authors' public code: one epoch, AdamW; the adapter is `training.STUDY_ADAPTER`."""


def planned(method: Method, recipe: RecipeName = "project", **given: Any) -> Plan:
    """A method's plan by a recipe; `given` values that are not None go before it."""
    plan = replace(DEFAULTS[method], **(STUDY if recipe == "study" else {}))
    return replace(plan, **{name: value for name, value in given.items() if value is not None})


def fitted(plan: Plan, windows: int) -> Plan:
    """The plan for so many training windows: no step takes more of them than there are."""
    batch = min(plan.batch, windows)
    accumulate = min(plan.accumulate, windows // batch)
    steps = plan.steps or -(-windows // (batch * accumulate))
    return replace(
        plan, batch=batch, accumulate=accumulate, steps=steps, check_every=min(plan.check_every, max(1, steps))
    )
