"""How much a window is like the training data, from what the vision tower makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

DOMAIN_WIDTH = 256
"""Units a token that the domain check looks at: its matrix grows with the square, and it knows a few thousand clips only."""

DIRECTIONS = 240
"""Principal directions of the training features that are kept at their own scale; further ones share a floor."""

WINDOWS_A_DIRECTION = 8
"""A direction's scale is not to be told from fewer windows: what few have not shown at all would else count most of all."""

FLOOR_SHARE = 0.1
"""Of the spread along the last direction kept: along further ones all differences count as if it were this."""

LEAST_SPREAD = 1e-9
"""Keeps the whitening finite where all windows are the same."""

_RIDGE = 0.01
"""Keeps a discriminant from leaning on directions in which the windows hardly differ."""

_AT_ONCE = 1024
"""Windows whose distances lie in memory together."""


class DomainModel:
    """Distance of a window's features to the nearest of the training data, after whitening.

    Rooms and cameras form clusters, so that a distance from the middle of all of them (Mahalanobis) lets through what lies
    between them. `known` [m, d] are whitened features of training windows. Where videos of other things were at hand, `against`
    [d + 1] is a linear discriminant that tells them from these, and its last element the offset.
    """

    def __init__(self, mean: Tensor, whitening: Tensor, known: Tensor, against: Tensor | None = None) -> None:
        self.mean = mean
        self.whitening = whitening
        self.known = known
        self.against = against

    def score(self, embedding: Tensor) -> Tensor:
        """Embeddings [n, d] -> scores [n], which fall with the distance from the nearest window of the training data.

        A discriminant adds at most 1 to what it takes for a resuscitation, so that what is far from all stays far, and takes
        about 1 from other things.
        """
        import torch

        white, width = self.whitened(embedding), self.known.shape[-1]
        nearest = torch.cat([torch.cdist(part, self.known).amin(1) for part in white.split(_AT_ONCE)])
        told = 0.0 if self.against is None else (white @ self.against[:-1] + self.against[-1]).clamp_max(1.0)
        return told - nearest / width**0.5

    def whitened(self, embedding: Tensor) -> Tensor:
        """Embeddings [n, d] with the training data's mean and spread taken out of them."""
        return (embedding - self.mean) @ self.whitening


def domain_of(known: Tensor, strange: Tensor | None = None) -> DomainModel:
    """What windows with the embeddings `known` [m, d] are like and, where there are any, `strange` ones [k, d] are not."""
    import torch

    known = known.double()
    mean = known.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov((known - mean).T))
    directions = min(DIRECTIONS, len(values), max(1, len(known) // WINDOWS_A_DIRECTION))
    floor = float(values[-directions]) * FLOOR_SHARE
    whitening = vectors / values.clamp_min(max(floor, LEAST_SPREAD)).sqrt()
    domain = DomainModel(mean.float(), whitening.float(), ((known - mean) @ whitening).float())
    if strange is not None:
        domain.against = discriminant(domain.known, domain.whitened(strange))
    return domain


def discriminant(known: Tensor, strange: Tensor) -> Tensor:
    """The linear map [d + 1] nearest to 1 on the known whitened features [m, d] and to -1 on strange ones [k, d].

    Least squares with a ridge; both sides weigh the same, however many windows they have.
    """
    import torch

    rows = torch.cat([known, strange]).double()
    rows = torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
    side = torch.cat([torch.ones(len(known)), -torch.ones(len(strange))]).double()
    weighted = rows * torch.where(side > 0, 1 / len(known), 1 / len(strange))[:, None]
    square = weighted.T @ rows + _RIDGE * torch.eye(rows.shape[1], dtype=rows.dtype)
    return torch.linalg.solve(square, weighted.T @ side).float()


def domain_embedding(windows: Tensor) -> Tensor:
    """Visual tokens of windows [n, steps, tokens, width] -> [n, 2 * m]: their mean and spread over the picture.

    Beyond `DOMAIN_WIDTH` neighbouring units are added up; a network's units have no order, so this is as good as any projection.
    """
    import torch

    still = windows.float().mean(1)
    if still.shape[-1] > DOMAIN_WIDTH:
        still = torch.nn.functional.adaptive_avg_pool1d(still, DOMAIN_WIDTH)
    return torch.cat([still.mean(1), still.std(1)], dim=-1)
