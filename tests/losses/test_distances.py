"""The four forms of a distance of moments."""

from __future__ import annotations

import pytest
import torch

from impasto.losses import Statistics, moment_distance, moment_loss

FIRST = Statistics(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 1.0]]), torch.empty(0))
SECOND = Statistics(torch.tensor([[1.0, 5.0]]), torch.tensor([[7.0, 1.0]]), torch.empty(0))


@pytest.mark.parametrize(
    ("rooted", "summed", "expected"),
    [
        (False, False, 9 / 2 + 16 / 2),
        (False, True, 9 + 16),
        (True, True, 3 + 4),  # the Euclidean norms of the paper's equation 13
        (True, False, (9 / 2) ** 0.5 + (16 / 2) ** 0.5),
    ],
)
def test_it_is_its_formula(rooted, summed, expected):
    found = moment_distance(FIRST, SECOND, rooted=rooted, summed=summed)
    assert found.tolist() == pytest.approx([expected])


def test_neither_is_the_moment_loss():
    assert torch.equal(moment_distance(FIRST, SECOND), moment_loss(FIRST, SECOND))


def test_equals_have_a_gradient_that_is_finite():
    mean = FIRST.mean.clone().requires_grad_()
    moment_distance(Statistics(mean, FIRST.std, FIRST.gram), FIRST, rooted=True).sum().backward()
    assert mean.grad.isfinite().all()
