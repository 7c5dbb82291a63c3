"""What every loss of style in the catalogue promises."""

from __future__ import annotations

import pytest
import torch

from impasto.losses.catalog import STYLE_LOSSES

DRAWING = ("mmd-gaussian", "mrf", "swd")


@pytest.fixture(params=STYLE_LOSSES)
def name(request):
    return request.param


@pytest.fixture
def loss(name):
    return STYLE_LOSSES[name]


def features(*shape, seed=0, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def compare(loss, maps, style, generator=None):
    return loss.compare(maps, loss.target(style), generator)


def test_the_catalogue_says_what_each_is(loss):
    assert loss.summary
    assert "\n" not in loss.summary
    assert loss.source


def test_gradient(loss):
    target = loss.target(features(1, 3, 5, 4, seed=1, dtype=torch.float64))
    maps = features(2, 3, 4, 5, dtype=torch.float64)
    found = loss.compare(maps, target, None)
    assert found.dtype == torch.float64
    assert found.shape == (2,)
    assert torch.autograd.gradcheck(lambda x: loss.compare(x, target, None), maps.requires_grad_())


def test_the_style_itself_costs_nothing_and_others_something(loss):
    style = features(1, 6, 12, 13)
    assert compare(loss, style, style).item() == pytest.approx(0, abs=1e-6)
    assert compare(loss, 2 * style, style) > 1e-3


def test_the_target_holds_no_gradient(loss):
    style = features(1, 4, 6, 7).requires_grad_()
    maps = features(1, 4, 6, 7, seed=1).requires_grad_()
    compare(loss, maps, style).sum().backward()
    assert style.grad is None
    assert maps.grad.any()


def test_sizes_may_differ(loss):
    maps = features(2, 4, 9, 5)
    for size in ((5, 9), (20, 30), (3, 3)):
        found = compare(loss, maps, features(1, 4, *size, seed=1))
        assert found.shape == (2,)
        assert found.isfinite().all()
        assert (found > 0).all()


def test_the_smallest_maps_can_be_compared(loss):
    side = loss.smallest
    maps = features(1, 4, side, side).requires_grad_()
    found = compare(loss, maps, features(1, 4, side, side, seed=1))
    found.sum().backward()
    assert found.isfinite().all()
    assert maps.grad.isfinite().all()


def test_a_picture_does_not_depend_on_its_batch(loss):
    maps, target = features(3, 4, 8, 9), loss.target(features(1, 4, 6, 7, seed=1))
    torch.testing.assert_close(loss.compare(maps, target, None)[1:2], loss.compare(maps[1:2], target, None))


def test_memory_layout_does_not_matter(loss):
    maps, style = features(2, 4, 8, 9), features(1, 4, 6, 7, seed=1)
    torch.testing.assert_close(
        compare(loss, maps, style), compare(loss, maps.contiguous(memory_format=torch.channels_last), style)
    )


def test_bfloat16_comes_close(loss):
    maps, style = features(2, 8, 16, 16).bfloat16().requires_grad_(), features(1, 8, 16, 16, seed=1).bfloat16() ** 2
    found = compare(loss, maps, style)
    found.sum().backward()
    assert found.dtype == torch.float32
    assert maps.grad.dtype == torch.bfloat16
    torch.testing.assert_close(found, compare(loss, maps.float(), style.float()), rtol=0.1, atol=1e-4)


@pytest.mark.parametrize("name", sorted(set(STYLE_LOSSES) - {"mrf"}))
def test_permuted_pixels_are_the_same_style(name):
    loss = STYLE_LOSSES[name]
    style, maps = features(1, 4, 8, 8, seed=1), features(1, 4, 8, 8)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    permuted = maps.flatten(2)[:, :, order].view_as(maps)
    torch.testing.assert_close(compare(loss, permuted, style), compare(loss, maps, style))


def test_a_shifted_style_is_the_same_style(name):
    """Circularly; patches across the seam are the only ones that change."""
    loss = STYLE_LOSSES[name]
    style = features(1, 4, 16, 16)
    shifted, other = style.roll((3, 5), (2, 3)), features(1, 4, 16, 16, seed=1)
    if name == "mrf":
        assert compare(loss, shifted, style) < 0.5 * compare(loss, other, style)
    else:
        assert compare(loss, shifted, style).item() == pytest.approx(0, abs=1e-6)


class TestDraws:
    """On maps that are larger than what is drawn; a sliced distance draws its directions at any size."""

    maps, style = features(1, 4, 48, 48), features(1, 4, 48, 48, seed=1) ** 2

    def values(self, name, generator, calls=2):
        loss = STYLE_LOSSES[name]
        target = loss.target(self.style)
        return [loss.compare(self.maps, target, generator).item() for _ in range(calls)]

    @pytest.mark.parametrize("name", DRAWING)
    def test_without_a_generator_every_call_draws_the_same(self, name):
        first, second = self.values(name, None)
        assert first == second

    @pytest.mark.parametrize("name", DRAWING)
    def test_a_generator_draws_anew_and_its_seed_repeats_it(self, name):
        first = self.values(name, torch.Generator().manual_seed(7))
        assert first == self.values(name, torch.Generator().manual_seed(7))
        assert first[0] != first[1]
        assert first[0] == pytest.approx(first[1], rel=0.3)

    @pytest.mark.parametrize("name", sorted(set(STYLE_LOSSES) - set(DRAWING)))
    def test_the_others_do_not_draw(self, name):
        generator = torch.Generator().manual_seed(7)
        before = generator.get_state()
        self.values(name, generator, calls=1)
        assert torch.equal(generator.get_state(), before)

    def test_the_global_generator_is_left_alone(self, name):
        before = torch.get_rng_state()
        self.values(name, None, calls=1)
        assert torch.equal(torch.get_rng_state(), before)
