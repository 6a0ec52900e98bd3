"""How much a window is like the training data, from what the vision tower makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

DOMAIN_WIDTH = 256
"""Units a token that the domain check looks at: its matrix grows with the square, its training clips are 2,000."""


class DomainModel:
    """Distance of a window's features to those of the training data, after whitening (Mahalanobis)."""

    def __init__(self, mean: Tensor, whitening: Tensor) -> None:
        self.mean = mean
        self.whitening = whitening

    def score(self, embedding: Tensor) -> Tensor:
        """Embeddings [n, d] -> scores [n], 0 at the training data's mean and falling with the distance from it."""
        distance: Tensor = ((embedding - self.mean) @ self.whitening).square().mean(-1).sqrt()
        return -distance


def domain_embedding(windows: Tensor) -> Tensor:
    """Visual tokens of windows [n, steps, tokens, width] -> [n, 2 * m]: their mean and spread over the picture.

    Beyond `DOMAIN_WIDTH` neighbouring units are added up; a network's units have no order, so this is as good as any projection.
    """
    import torch

    still = windows.float().mean(1)
    if still.shape[-1] > DOMAIN_WIDTH:
        still = torch.nn.functional.adaptive_avg_pool1d(still, DOMAIN_WIDTH)
    return torch.cat([still.mean(1), still.std(1)], dim=-1)
