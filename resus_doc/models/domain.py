"""How much a window is like the training data, from what the vision tower makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

DOMAIN_WIDTH = 256
"""Units a token that the domain check looks at: its matrix grows with the square, its training clips are 2,000 to 3,000."""

_AT_ONCE = 1024
"""Windows whose distances lie in memory together."""


class DomainModel:
    """Distance of a window's features to the nearest of the training data, after whitening.

    Rooms and cameras form clusters, so that a distance from the middle of all of them (Mahalanobis) lets through what lies
    between them. `known` [m, d] are whitened features of training windows.
    """

    def __init__(self, mean: Tensor, whitening: Tensor, known: Tensor) -> None:
        self.mean = mean
        self.whitening = whitening
        self.known = known

    def score(self, embedding: Tensor) -> Tensor:
        """Embeddings [n, d] -> scores [n], 0 for a window of the training data and falling with the distance from the nearest."""
        import torch

        width = self.known.shape[-1]
        nearest = [torch.cdist(part, self.known).amin(1) for part in self.whitened(embedding).split(_AT_ONCE)]
        return -torch.cat(nearest) / width**0.5 if nearest else embedding.new_zeros(0)

    def whitened(self, embedding: Tensor) -> Tensor:
        """Embeddings [n, d] with the training data's mean and spread taken out of them."""
        return (embedding - self.mean) @ self.whitening


def domain_embedding(windows: Tensor) -> Tensor:
    """Visual tokens of windows [n, steps, tokens, width] -> [n, 2 * m]: their mean and spread over the picture.

    Beyond `DOMAIN_WIDTH` neighbouring units are added up; a network's units have no order, so this is as good as any projection.
    """
    import torch

    still = windows.float().mean(1)
    if still.shape[-1] > DOMAIN_WIDTH:
        still = torch.nn.functional.adaptive_avg_pool1d(still, DOMAIN_WIDTH)
    return torch.cat([still.mean(1), still.std(1)], dim=-1)
