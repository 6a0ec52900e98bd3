"""The optimiser of the shipped language model: torch's Muon in float32."""

import copy
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import muon

sys.path.pop(0)


def test_it_moves_matrices_as_torch_does_up_to_bfloat16():
    torch.manual_seed(0)
    for shape in ((40, 90), (90, 40), (50, 50)):
        start = torch.randn(shape)
        ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
        optimisers = [
            muon.Muon([ours], lr=0.01, weight_decay=0.05),
            torch.optim.Muon([theirs], lr=0.01, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        ]
        for _ in range(5):
            ours.grad = torch.randn(shape)
            theirs.grad = ours.grad.clone()
            for optimiser in optimisers:
                optimiser.step()
        assert (ours - theirs).norm() < 0.03 * (theirs - start).norm()
        assert (ours - start).norm() > 0


def test_it_goes_on_from_its_state():
    torch.manual_seed(0)
    one, other = (torch.nn.Parameter(torch.ones(3, 4)) for _ in range(2))
    first, second = muon.Muon([one], lr=0.01), muon.Muon([other], lr=0.01)
    gradients = torch.randn(4, 3, 4)
    for gradient in gradients[:2]:
        one.grad = gradient.clone()
        first.step()
    other.data.copy_(one.data)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for gradient in gradients[2:]:
        for value, optimiser in ((one, first), (other, second)):
            value.grad = gradient.clone()
            optimiser.step()
    assert torch.equal(one, other)
