"""The flow loss: marks along the photo's forms are free, marks across them and dirt are not."""

from __future__ import annotations

import torch

from impasto import losses

ONES = torch.ones(1, 3)


def stripes(down=0.5, across=0.0, side=64):
    """Waves of a given number of radians a pixel, b 3 h w."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return (0.5 + 0.3 * torch.sin(down * y + across * x)).expand(1, 3, side, side)


def noise(side=64, seed=0):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_coherence_is_one_for_stripes_and_small_for_noise():
    assert losses.coherence(losses.flow(stripes())).min() > 0.95
    assert losses.coherence(losses.flow(noise())).max() < 0.5


def test_marks_along_the_photos_forms_cost_least_then_dirt_then_marks_across():
    photo = losses.flow(stripes())
    along = losses.flow_loss(stripes(0.6), photo, ONES)
    dirt = losses.flow_loss(stripes(0.6) + noise(), photo, ONES)
    over = losses.flow_loss(stripes(0.0, 0.6), photo, ONES)
    assert along < 0.1
    assert 0.2 < dirt < 0.8 < over


def test_where_the_photo_is_flat_any_one_direction_will_do():
    flat = losses.flow(torch.full((1, 3, 64, 64), 0.5))
    one, other = (losses.flow_loss(stripes(*way), flat, ONES).item() for way in ((0.6, 0.0), (0.0, 0.6)))
    assert abs(one - other) < 1e-3
    assert one < 0.1 < losses.flow_loss(noise(), flat, ONES).item()


def test_an_artwork_of_dots_forgives_dots():
    photo, picture = losses.flow(stripes()), noise()
    strict, mild = (losses.flow_loss(picture, photo, share * ONES).item() for share in (1.0, 0.5))
    assert abs(mild - strict / 2) < 1e-6


def test_a_plain_picture_costs_nothing_that_is_not_finite():
    plain = torch.full((1, 3, 32, 32), 0.5, requires_grad=True)
    losses.flow_loss(plain, losses.flow(noise(32)), ONES).sum().backward()
    assert torch.isfinite(plain.grad).all()


def test_gradient():
    photo = losses.flow(noise(12, seed=1).double())
    pictures = noise(12).double().requires_grad_()
    weights = ONES.double()
    assert losses.flow_loss(pictures, photo, weights).dtype == torch.float64
    assert torch.autograd.gradcheck(lambda x: losses.flow_loss(x, photo, weights), pictures)
