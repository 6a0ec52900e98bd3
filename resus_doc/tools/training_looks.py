"""Looks at the validation videos while a detector is trained: how good it is, which weights were best, when to end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resus_doc.tools.train_plan import Plan

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector
    from resus_doc.tools.frame_cache import CachedVideo

WHOLE = ("full", "timesformer")
"""Methods that change the base itself."""


class Look(NamedTuple):
    """One look at the validation videos."""

    step: int
    loss: float
    """Running loss on training windows."""
    validation_loss: float
    validation_f1: float
    """Mean over labels at each one's best threshold."""


LOOKS, BEST = "looks.json", "best"


def forget(work: Path) -> None:
    """Remove what the looks of an earlier training left in its work folder."""
    (work / LOOKS).unlink(missing_ok=True)
    shutil.rmtree(work / BEST, ignore_errors=True)


class Keeper:
    """Looks at the validation videos after each checkpoint, keeps the best weights, and says when to stop."""

    def __init__(
        self,
        work: Path,
        plan: Plan,
        detector: Detector,
        videos: Sequence[CachedVideo],
        say: Callable[[str], None],
    ) -> None:
        self.work, self.plan, self.detector, self.videos, self.say = work, plan, detector, videos, say
        path = work / LOOKS
        self.looks = [Look(*row) for row in json.loads(path.read_text())] if path.exists() else []

    @property
    def ended(self) -> bool:
        """Whether patience has run out, or all steps were done."""
        if not self.looks:
            return False
        since = len(self.looks) - 1 - self.looks.index(best_look(self.looks))
        return since >= self.plan.patience or self.looks[-1].step >= (self.plan.steps or 0)

    def __call__(self, step: int, losses: dict[str, float]) -> bool:
        if self.looks and self.looks[-1].step >= step:
            return self.ended
        look = self._look(step, losses.get("bce", 0.0))
        self.looks.append(look)
        if best_look(self.looks) == look:
            self._save_parts()
        partial = self.work / "looks.partial"
        partial.write_text(json.dumps(self.looks))
        partial.replace(self.work / LOOKS)
        self.say(f"  validation: loss {look.validation_loss:.4f}  mean F1 {look.validation_f1:.4f}")
        return self.ended

    def _look(self, step: int, loss: float) -> Look:
        import numpy as np

        from resus_doc.models import evaluation

        labels = self.detector.config.labels
        logits, truth = validation_logits(self.detector, self.videos)
        tuned = evaluation.best_thresholds(evaluation.sigmoid(logits), truth, labels)
        called = evaluation.decide(evaluation.sigmoid(logits), labels, tuned)
        held = [j for j in range(len(labels)) if truth[:, j].any()]
        f1 = [evaluation.score(truth[:, j], called[:, j]).f1 for j in held]
        losses = [evaluation.log_loss(logits[:, j], truth[:, j]) for j in range(len(labels))]
        return Look(step, round(loss, 5), round(float(np.mean(losses)), 5), round(float(np.mean(f1)), 5) if f1 else 0.0)

    def _save_parts(self) -> None:
        """Replace the best weights so far by these; those before stand until the new ones are whole.

        Raises:
            OSError: they cannot be written.
        """
        from safetensors import SafetensorError

        partial, best = self.work / "best.partial", self.work / BEST
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
            self._write_parts(partial)
        except (OSError, SafetensorError) as error:
            raise OSError(f"{partial} could not be written: {getattr(error, 'strerror', None) or error}") from error
        shutil.rmtree(best, ignore_errors=True)
        partial.rename(best)

    def _write_parts(self, partial: Path) -> None:
        """The trained parts in half precision, as the bundle will hold them."""
        import copy

        from safetensors.torch import save_file

        if self.plan.method == "lora":
            _save_adapter(self.detector.model, partial / "adapter")
        if self.plan.method in WHOLE:
            copy.deepcopy(self.detector.model.get_base_model()).half().save_pretrained(partial / "base")
        save_file({k: t.contiguous() for k, t in self.detector.head.state_dict().items()}, partial / "head.safetensors")


def best_look(looks: Sequence[Look]) -> Look:
    """Highest mean F1 on the validation videos; of equals the one with the lower loss, then the earlier."""
    return max(looks, key=lambda look: (look.validation_f1, -look.validation_loss, -look.step))


def validation_logits(detector: Detector, videos: Sequence[CachedVideo]) -> tuple[Any, Any]:
    """Logits [n, labels] of all windows of the videos, and their flags."""
    import numpy as np

    from resus_doc.models import evaluation

    logits = [detector.video_logits(video.frames) for video in videos]
    truth = evaluation.join([video.truth for video in videos]).of(detector.config.labels)
    return np.concatenate(logits).astype(float), truth


def _save_adapter(model: Any, folder: Path) -> None:
    """A PEFT adapter in half precision; the base is not touched, however large it is."""
    import copy

    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir()
    config = copy.deepcopy(model.peft_config["default"])
    config.inference_mode = True
    config.save_pretrained(str(folder))
    state = {name: value.half().cpu().contiguous() for name, value in get_peft_model_state_dict(model).items()}
    save_file(state, folder / "adapter_model.safetensors", metadata={"format": "pt"})
