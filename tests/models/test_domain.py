"""The domain check: what lies between the training data is not like it, and where the limit lies."""

import numpy as np
import pytest
import torch

from resus_doc.models.bundle_writer import domain_threshold
from resus_doc.models.domain import DomainModel, discriminant, domain_of


def test_what_lies_between_two_clusters_is_unlike_both():
    rng = np.random.default_rng(0)
    clusters = np.concatenate([rng.normal(-10, 1, (50, 4)), rng.normal(10, 1, (50, 4))])
    known = torch.from_numpy(clusters).float()
    domain = DomainModel(torch.zeros(4), torch.eye(4), known)
    between, inside, taught = torch.zeros(1, 4), torch.full((1, 4), 10.0), known[:1]
    assert domain.score(between) < domain.score(inside) < domain.score(taught)
    assert domain.score(taught).item() == pytest.approx(0, abs=1e-3)


def test_many_windows_score_as_each_by_itself():
    known, asked = torch.randn(30, 6), torch.randn(2500, 6)
    domain = DomainModel(torch.ones(6), torch.eye(6) * 2, known)
    together, alone = domain.score(asked), torch.cat([domain.score(row[None]) for row in asked[::500]])
    assert together.shape == (2500,) and torch.allclose(together[::500], alone, atol=1e-4)
    assert domain.score(asked[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("similar", "strange", "limit"),
    [
        ((-1.0, -1.2, -3.0), (-2.0, -2.5), -1.6),
        ((-1.0, -1.2), (-2.0, -1.9, -0.5), -1.55),
        ((-1.0, -1.2), (-2.0, -2.4), -1.6),
        ((-1.0, -1.2, -1.4), (), -1.5),
    ],
    ids=["one of them lies far off", "one other passes", "all told apart", "no others at hand"],
)
def test_the_limit_lies_where_most_are_told_rightly(similar, strange, limit):
    assert domain_threshold(similar, strange) == pytest.approx(limit)


def test_a_discriminant_tells_apart_what_lies_equally_near():
    rng = np.random.default_rng(1)
    known, strange = (torch.from_numpy(rng.normal((at, 0), 1, (200, 2))).float() for at in (2, -2))
    domain = DomainModel(torch.zeros(2), torch.eye(2), known, discriminant(known, strange))
    told = known @ domain.against[:-1] + domain.against[-1]
    assert told.mean().item() == pytest.approx(1, abs=0.4) and (told > 0).float().mean() > 0.9
    far = torch.tensor([[60.0, 0.0], [60.0, 200.0]])
    assert (domain.score(far) < domain.score(strange).min()).all()


@pytest.mark.parametrize("windows", [40, 4000])
def test_few_windows_are_enough_to_know_their_like(windows):
    rng = np.random.default_rng(2)
    spread = np.linspace(1, 0.1, 300)
    known, alike = (torch.from_numpy(rng.normal(0, spread, (n, 300))).float() for n in (windows, 50))
    strange = torch.from_numpy(rng.normal(0, 1, (50, 300))).float()
    domain = domain_of(known)
    assert domain.score(alike).min() > domain.score(strange).max()
    assert domain.score(alike).min() > -5
