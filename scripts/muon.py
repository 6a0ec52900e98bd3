"""Muon in float32: each weight matrix moves along the orthogonalised momentum of its gradient.

The method is Keller Jordan's (https://kellerjordan.github.io/posts/muon/). `torch.optim.Muon` orthogonalises in bfloat16, which
processors without that format emulate: there its update took longer than the forward and the backward pass together.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration, chosen by its author for a steep slope at zero; five steps bring singular values near one."""
STEPS = 5
RMS = 0.2
"""Root mean square of an update, that of AdamW, so that one learning rate serves both (Liu et al. 2025, arXiv:2502.16982)."""


class Muon(torch.optim.Optimizer):
    """For matrices only; momentum with Nesterov's look-ahead and decoupled weight decay."""

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, weight_decay: float = 0.0, momentum: float = 0.95
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            for matrices in _by_shape(value for value in group["params"] if value.grad is not None):
                ahead = torch.stack([self._look_ahead(value, group["momentum"]) for value in matrices])
                scale = group["lr"] * RMS * max(ahead.shape[-2:]) ** 0.5
                for value, update in zip(matrices, orthogonalised(ahead), strict=True):
                    value.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-scale)

    def _look_ahead(self, value: Tensor, momentum: float) -> Tensor:
        assert value.grad is not None
        state = self.state[value]
        kept = state.setdefault("momentum_buffer", torch.zeros_like(value.grad))
        kept.lerp_(value.grad, 1 - momentum)
        return value.grad.lerp(kept, momentum)


def orthogonalised(matrices: Tensor) -> Tensor:
    """[n, rows, columns] with all singular values brought near one, by Newton-Schulz iteration."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    values = matrices.mT if tall else matrices
    values = values / values.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    first, second, third = COEFFICIENTS
    for _ in range(STEPS):
        gram = values @ values.mT
        values = first * values + (second * gram + third * (gram @ gram)) @ values
    return values.mT if tall else values


def _by_shape(matrices: Iterable[Tensor]) -> list[list[Tensor]]:
    groups: dict[torch.Size, list[Tensor]] = defaultdict(list)
    for value in matrices:
        groups[value.shape].append(value)
    return list(groups.values())
