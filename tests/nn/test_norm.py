"""Conditional instance normalisation, against its formula."""

from __future__ import annotations

import pytest
import torch

from impasto.export.graphs import FusedInstanceNorm
from impasto.nn.norm import ConditionalInstanceNorm


@pytest.fixture
def norm():
    torch.manual_seed(0)
    return ConditionalInstanceNorm(5, 3)


@pytest.fixture
def maps():
    return 4 + 3 * torch.randn(2, 5, 6, 7, generator=torch.Generator().manual_seed(1))


CODE = torch.tensor([[0.3, -1.0, 2.0], [1.5, 0.2, -0.4]])


def test_it_is_its_formula(norm, maps):
    found = norm(maps, CODE).detach().double()
    affine = (CODE.double() @ norm.affine.weight.double().T + norm.affine.bias.double()).detach()
    for picture in range(2):
        for channel in range(5):
            x = maps[picture, channel].double()
            standard = (x - x.mean()) / (((x - x.mean()) ** 2).mean() + 1e-5).sqrt()
            expected = (1 + affine[picture, channel]) * standard + affine[picture, 5 + channel]
            torch.testing.assert_close(found[picture, channel], expected, rtol=1e-4, atol=1e-5)


def test_the_form_that_engines_fuse_is_the_same(norm, maps):
    torch.testing.assert_close(FusedInstanceNorm(norm.affine)(maps, CODE), norm(maps, CODE), rtol=1e-5, atol=1e-5)


def test_flat_maps_give_the_shift(norm):
    found = norm(torch.full((1, 5, 4, 4), 7.0), CODE[:1])
    torch.testing.assert_close(found[0, :, 0, 0], norm.affine(CODE[:1])[0, 5:], rtol=1e-3, atol=1e-3)


def test_mixing_codes_mixes_what_they_do(norm, maps):
    """The output is affine in the code, so a mixture of codes normalises like the mixture of both."""
    first, second = CODE[:1].expand(2, -1), CODE[1:].expand(2, -1)
    mixed = norm(maps, 0.3 * first + 0.7 * second)
    torch.testing.assert_close(mixed, 0.3 * norm(maps, first) + 0.7 * norm(maps, second), rtol=1e-4, atol=1e-4)


def test_bfloat16_maps_are_normalised_as_well(norm, maps):
    with torch.autocast("cpu", torch.bfloat16):
        found = norm(maps.bfloat16(), CODE)
    assert (found.float() - norm(maps, CODE)).abs().max() < 0.1
