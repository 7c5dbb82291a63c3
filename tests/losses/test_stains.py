"""The stain loss: colour that neither the photo nor the artwork accounts for."""

from __future__ import annotations

import torch

from impasto import losses

RUST = torch.tensor([0.3, -0.05, -0.2]).view(1, 3, 1, 1)
CALM = torch.zeros(1, 3)


def grey(side=64):
    return torch.full((1, 3, side, side), 0.5)


def spotted(side=64, amount=1.0):
    """A grey picture with one spot of rust of 8 pixels."""
    picture = grey(side)
    picture[..., 24:32, 24:32] += amount * RUST[..., 0, 0].view(1, 3, 1, 1)
    return picture


def test_a_spot_costs_and_a_stronger_one_more():
    none, some, much = (losses.stain_loss(spotted(amount=amount), grey(), CALM).item() for amount in (0, 0.5, 1))
    assert none < 1e-4
    assert 2 * none < some < 0.7 * much


def test_a_spot_that_the_photo_has_costs_nothing():
    assert losses.stain_loss(spotted(), spotted(), CALM).item() < 1e-4


def test_what_an_artwork_has_on_average_is_allowed_everywhere():
    lively = losses.colorfulness(grey() + RUST * torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)))
    calm, free = (losses.stain_loss(spotted(amount=0.2), grey(), allowed).item() for allowed in (CALM, lively))
    assert free < 0.7 * calm


def test_lightness_is_no_stain():
    striped = grey()
    striped[..., ::8] += 0.3
    assert losses.stain_loss(striped, grey(), CALM).item() < 1e-4


def test_gradient():
    generator = torch.Generator().manual_seed(0)
    pictures, recolored = (torch.rand(1, 3, 16, 16, generator=generator, dtype=torch.float64) for _ in range(2))
    pictures.requires_grad_()
    allowed = 0.1 * losses.colorfulness(recolored)
    assert losses.stain_loss(pictures, recolored, allowed).dtype == torch.float64
    assert torch.autograd.gradcheck(lambda x: losses.stain_loss(x, recolored, allowed), pictures)


def test_colours_that_faded_cost_and_livelier_ones_do_not():
    generator = torch.Generator().manual_seed(0)
    colored = grey() + RUST * torch.nn.functional.interpolate(torch.rand(1, 1, 8, 8, generator=generator), 64)
    wanted = losses.colorfulness(colored)
    faded = grey() + 0.4 * (colored - grey())
    assert losses.fading_loss(colored, colored, wanted).item() < 1e-8
    assert losses.fading_loss(faded, colored, wanted).item() > 0.05
    assert losses.fading_loss(grey() + 2 * (colored - grey()), colored, wanted).item() < 1e-8


def test_an_artwork_without_colour_asks_for_none():
    colored = grey() + RUST * torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert losses.fading_loss(grey(), colored, CALM).item() < 1e-4
