"""The record of a training for people: its curves as a picture, its looks at the validation videos as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resus_doc.tools.svg_charts import Panel, chart

if TYPE_CHECKING:
    from resus_doc.tools.training_looks import Look


def curves(looks: Sequence[Look]) -> str:
    """Losses and validation F1 over the steps, as SVG."""
    steps = (0.0, float(max(look.step for look in looks)))
    highest = max(max(look.loss, look.validation_loss) for look in looks)
    losses = {
        "training (weighted)": [(look.step, look.loss) for look in looks],
        "validation": [(look.step, look.validation_loss) for look in looks],
    }
    f1 = {"": [(look.step, look.validation_f1) for look in looks]}
    return chart(
        [
            Panel("Loss", losses, steps, (0.0, highest), "steps", "cross-entropy"),
            Panel("Mean F1 on validation windows", f1, steps, (0.0, 1.0), "steps", "F1"),
        ]
    )


def log_text(looks: Sequence[Look]) -> str:
    """One line a look."""
    lines = [
        f"step {look.step}  loss {look.loss:.5f}  validation loss {look.validation_loss:.5f}  "
        f"validation mean F1 {look.validation_f1:.5f}"
        for look in looks
    ]
    return "\n".join(lines) + "\n"
