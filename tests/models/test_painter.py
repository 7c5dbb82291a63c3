"""The default painter: where it starts, what it takes, and how large it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from impasto.models.painter import GRAIN_PERIOD, Painter, PainterConfig, make_grain

SMALL = PainterConfig(
    code_size=6, width=8, bottleneck=8, blocks=1, head=4, quarter_blocks=0, deep=0, grain=0, low_frequency=8
)
SAME_COLORS = torch.eye(3, 4)[None]


@pytest.fixture(scope="module")
def painter():
    torch.manual_seed(0)
    return Painter(SMALL).eval()


def pictures(count, height, width):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(2))


def codes(count):
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def test_untrained_it_returns_about_the_low_frequencies_of_the_recoloured_photo(painter):
    content = pictures(1, 64, 96)
    recolor = torch.tensor([[[0.5, 0.1, 0.0, 0.2], [0.0, 0.6, 0.1, 0.1], [0.2, 0.0, 0.4, 0.3]]])
    recolored = torch.einsum("bij,bjhw->bihw", recolor[..., :3], content) + recolor[..., 3, None, None]
    low = F.interpolate(F.avg_pool2d(recolored, 8), scale_factor=8.0, mode="bilinear", align_corners=False)
    difference = (painter(content, codes(1), recolor) - low).abs().mean()
    assert difference < 0.04 < (recolored - low).abs().mean()


def test_the_default_has_as_many_parameters_as_the_model_that_ships():
    assert sum(parameter.numel() for parameter in Painter(PainterConfig()).parameters()) == 2_048_272


@torch.no_grad()
def test_a_detour_begins_by_adding_nothing():
    straight = Painter(replace(SMALL, blocks=2))
    deep = Painter(replace(SMALL, blocks=2, deep=1))
    deep.load_state_dict({**deep.state_dict(), **straight.state_dict()})
    content = pictures(1, 64, 96)
    assert torch.equal(deep(content, codes(1), SAME_COLORS), straight(content, codes(1), SAME_COLORS))
    assert (deep.multiple, straight.multiple) == (16, 8)


def test_a_detour_learns_from_the_first_step():
    deep = Painter(replace(SMALL, deep=1))
    assert deep.detour is not None
    deep(pictures(1, 64, 64), codes(1), SAME_COLORS).square().mean().backward()
    assert deep.detour.up.norm.affine.bias.grad.abs().max() > 0


class TestGrain:
    @torch.no_grad()
    def test_what_it_draws_depends_on_the_place_and_repeats(self):
        painter = Painter(replace(SMALL, grain=3)).eval()
        content = pictures(1, 64, 64)

        def painted(row, column):
            return painter(content, codes(1), SAME_COLORS, torch.tensor([[row, column]]))

        assert torch.equal(painted(0, 0), painter(content, codes(1), SAME_COLORS))
        assert not torch.allclose(painted(0, 0), painted(5, 0), atol=1e-3)
        assert torch.equal(painted(3, 7), painted(3 + GRAIN_PERIOD, 7 - GRAIN_PERIOD))

    def test_it_is_standardised_noise_ever_smoother(self):
        grain = make_grain(5)
        steps = (grain[:, 1:] - grain[:, :-1]).square().mean((1, 2)).tolist()
        assert steps == sorted(steps, reverse=True)
        assert torch.allclose(grain.mean((1, 2)), torch.zeros(5), atol=1e-6)
        assert torch.allclose(grain.std((1, 2)), torch.ones(5), atol=1e-3)
        assert torch.equal(grain, make_grain(5))


def test_a_configuration_survives_being_written_down():
    assert PainterConfig(**SMALL.as_dict()) == SMALL


@pytest.mark.parametrize(("height", "width"), [(64, 64), (72, 64), (64, 104), (16, 200)])
@torch.no_grad()
def test_any_sides_that_are_multiples_of_8(painter, height, width):
    content = pictures(1, height, width)
    pastiche = painter(content, codes(1), SAME_COLORS)
    assert pastiche.shape == content.shape
    assert pastiche.isfinite().all()


@pytest.mark.parametrize(("low_frequency", "multiple"), [(4, 8), (8, 8), (16, 16), (32, 32)])
@torch.no_grad()
def test_the_low_frequencies_reach_decides_which(low_frequency, multiple):
    painter = Painter(replace(SMALL, low_frequency=low_frequency))
    assert painter.multiple == multiple
    content = pictures(1, 3 * multiple, 5 * multiple)
    assert painter(content, codes(1), SAME_COLORS).shape == content.shape


@torch.no_grad()
def test_pictures_of_a_batch_do_not_see_each_other(painter):
    content, code, recolor = pictures(2, 64, 72), codes(2), torch.cat([SAME_COLORS, 0.5 * SAME_COLORS])
    both = painter(content, code, recolor)
    for index in range(2):
        one = slice(index, index + 1)
        torch.testing.assert_close(both[one], painter(content[one], code[one], recolor[one]), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_code_decides_what_is_painted(painter):
    content = pictures(1, 64, 64)
    first, second = (painter(content, code[None], SAME_COLORS) for code in codes(2))
    assert (first - second).abs().mean() > 1e-3


def test_every_parameter_learns(painter):
    painter(pictures(2, 64, 64), codes(2), SAME_COLORS).square().mean().backward()
    idle = [name for name, one in painter.named_parameters() if one.grad is None or not one.grad.any()]
    painter.zero_grad()
    assert not idle
