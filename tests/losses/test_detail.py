"""The fine detail loss: what it sees, what it does not mind, and its gradient."""

from __future__ import annotations

import torch

from impasto import losses


def strokes(seed=0, side=64):
    """A smooth picture of greys and browns, b 3 h w."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 1, side // 8, side // 8, generator=generator)
    grey = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)
    return grey * torch.tensor([0.9, 0.8, 0.6]).view(1, 3, 1, 1)


def flecks(picture, amount):
    """The picture with a few pixels made red and cyan by turns, as bright as they were."""
    places = torch.zeros_like(picture[:, :1])
    places[..., 3::16, 5::16], places[..., 11::16, 13::16] = amount, -amount
    return picture + places * torch.tensor([0.701, -0.299, -0.299]).view(1, 3, 1, 1)


def test_coloured_flecks_cost_and_more_flecks_cost_more():
    style = losses.detail(strokes(1))
    none, some, many = (losses.detail_loss(flecks(strokes(), amount), style).item() for amount in (0, 0.2, 0.5))
    assert none < 0.2 * some < 0.2 * many


def test_the_artworks_own_detail_costs_nothing_wherever_it_lies():
    picture = flecks(strokes(1), 0.3)
    turned = picture.flip(2, 3)
    assert losses.detail_loss(turned, losses.detail(picture)).item() < 1e-8


def test_sparse_detail_is_told_from_the_same_amount_spread_evenly():
    noise = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)).expand(1, 3, 64, 64)
    sparse = noise * (torch.arange(64) % 8 == 0)
    sparse = sparse * (noise.std() / sparse.std())
    even, rare = losses.detail(0.05 * noise), losses.detail(0.05 * sparse)
    assert (even - rare)[:, 0, 0, 0].item() > 0.3  # the mean absolute value
    assert abs((even - rare)[:, 0, 0, 1].item()) < 0.1  # the root mean square


def test_gradient():
    target = losses.detail(strokes(1, 32).double())
    pictures = torch.rand(
        1, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    ).requires_grad_()
    assert losses.detail_loss(pictures, target).dtype == torch.float64
    assert torch.autograd.gradcheck(lambda x: losses.detail_loss(x, target), pictures)
