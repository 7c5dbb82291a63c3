"""Optimisers, learning rates and clipping as the options name them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from impasto.training.loop_options import LoopOptions
from impasto.training.optimisation import clip_gradients, learning_rate_at, make_optimiser


def options(**changes):
    return LoopOptions(**{"learning_rate": 2.0, **changes})


class TestLearningRate:
    def test_it_warms_up(self):
        rates = [learning_rate_at(options(), step, 0.0) for step in (0, 49, 99, 500)]
        assert rates == pytest.approx([0.02, 1.0, 2.0, 2.0])
        assert learning_rate_at(options(warm_up=0), 0, 0.0) == 2.0

    def test_the_cosine_ends_at_a_hundredth(self):
        rates = [learning_rate_at(options(), 1000, progress) for progress in (0.0, 0.25, 0.5, 0.75, 1.0)]
        assert rates == sorted(rates, reverse=True)
        assert rates[2] == pytest.approx(1.01)
        assert rates[-1] == pytest.approx(0.02)

    def test_the_inverse_decay_is_adains(self):
        of_adain = options(decay="inverse", decay_rate=5e-5, warm_up=0)
        assert learning_rate_at(of_adain, 0, 0.0) == 2.0
        assert learning_rate_at(of_adain, 20_000, 0.9) == pytest.approx(1.0)

    def test_it_may_stay(self):
        assert learning_rate_at(options(decay="constant"), 5000, 0.99) == 2.0


def parameters(*gradients):
    found = []
    for gradient in gradients:
        one = nn.Parameter(torch.zeros(len(gradient)))
        one.grad = torch.tensor(gradient)
        found.append(one)
    return found


class TestClipping:
    def test_all_together(self):
        found = parameters([3.0, 0.0], [4.0])
        assert clip_gradients(options(clip=1.0), found) == pytest.approx(5.0)
        assert found[0].grad.tolist() == pytest.approx([0.6, 0.0], rel=1e-4)
        assert found[1].grad.tolist() == pytest.approx([0.8], rel=1e-4)

    def test_each_by_itself(self):
        found = parameters([3.0, 4.0], [0.5])
        assert clip_gradients(options(clip=1.0, clip_each=True), found) == pytest.approx(25.25**0.5)
        assert found[0].grad.tolist() == pytest.approx([0.6, 0.8], rel=1e-4)
        assert found[1].grad.tolist() == [0.5]

    @pytest.mark.parametrize("each", [False, True])
    def test_not_at_all(self, each):
        found = parameters([3.0, 4.0])
        assert clip_gradients(options(clip=0.0, clip_each=each), found) == pytest.approx(5.0)
        assert found[0].grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)]
)
def test_optimisers_train_what_is_to_be_trained(name, kind):
    trained, frozen = parameters([1.0], [1.0])
    frozen.requires_grad_(False)
    optimiser = make_optimiser(options(optimiser=name), [trained, frozen])
    assert type(optimiser) is kind
    assert optimiser.param_groups[0]["params"] == [trained]
    optimiser.step()
    assert trained.item() < 0
