"""What moves the pixels: it finds minima, stays within bounds, and takes back steps that were too long."""

from __future__ import annotations

import pytest
import torch

from impasto.optimize.minimisers import LBFGS, MINIMISERS, Adam

SHAPE = (1, 3, 6, 5)
TARGET = torch.rand(SHAPE, generator=torch.Generator().manual_seed(0)) * 2 - 0.5  # half of it out of bounds
SCALES = torch.logspace(0, 2, TARGET.numel()).view(SHAPE)


def badly_scaled(x):
    x = x.detach().requires_grad_()
    loss = (SCALES * (x - TARGET).square()).sum()
    (gradient,) = torch.autograd.grad(loss, x)
    return loss.item(), gradient


def minimise(minimiser, steps, function=badly_scaled, x=None):
    x = torch.full(SHAPE, 0.5) if x is None else x
    for _ in range(steps):
        x = minimiser.step(x, *function(x))
    return x


def test_lbfgs_finds_the_bounded_minimum():
    found = minimise(LBFGS(1.0, 10), 80)
    torch.testing.assert_close(found, TARGET.clamp(0, 1), atol=5e-3, rtol=0)


def test_adam_comes_near_it():
    found = minimise(Adam(0.02), 150)
    torch.testing.assert_close(found, TARGET.clamp(0, 1), atol=0.05, rtol=0)


@pytest.mark.parametrize("name", MINIMISERS)
def test_the_picture_given_is_not_changed(name):
    x = torch.full(SHAPE, 0.5)
    minimise(MINIMISERS[name](0.1, 5), 3, x=x)
    assert (x == 0.5).all()


def test_a_step_that_made_things_much_worse_is_taken_back_three_quarters():
    minimiser = LBFGS(1.0, 10)
    before = torch.full(SHAPE, 0.5)
    value, gradient = badly_scaled(before)
    after = minimiser.step(before, value, gradient)
    back = minimiser.step(after, 2 * value, gradient)
    torch.testing.assert_close(back, before.lerp(after, 0.25))


def test_pairs_of_negative_curvature_are_not_remembered():
    minimiser = LBFGS(1.0, 10)
    minimise(minimiser, 3, lambda x: (-x.square().sum().item(), -2 * x))
    assert minimiser.state_dict()["pairs"] == []


def test_only_so_many_pairs_are_remembered():
    minimiser = LBFGS(1.0, 3)
    minimise(minimiser, 8)
    assert len(minimiser.state_dict()["pairs"]) == 3


@pytest.mark.parametrize("name", MINIMISERS)
def test_state_restores_exactly(name):
    whole, first, second = (MINIMISERS[name](0.1, 5) for _ in range(3))
    expected = minimise(whole, 9)
    halfway = minimise(first, 4)
    second.load_state_dict(first.state_dict())
    assert torch.equal(minimise(second, 5, x=halfway), expected)


def test_adams_moments_go_to_another_scale_and_lbfgs_begins_anew():
    adam, lbfgs = Adam(0.02), LBFGS(1.0, 5)
    for minimiser in (adam, lbfgs):
        minimise(minimiser, 4)
        minimiser.rescale(12, 10)
    first, second = adam.state_dict()["moments"]
    assert first.shape == second.shape == (1, 3, 12, 10)
    assert (second >= 0).all()
    assert first.abs().sum() > 0
    assert lbfgs.state_dict()["pairs"] == []
    larger = torch.full((1, 3, 12, 10), 0.5)
    for minimiser in (adam, lbfgs):
        assert not torch.equal(minimiser.step(larger, 1.0, torch.ones_like(larger)), larger)
