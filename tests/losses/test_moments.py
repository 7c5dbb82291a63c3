"""Statistics against their formulas, written out in float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto import losses
from impasto.losses.moments import _Moments


def features(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def by_hand(maps):
    """Mean, deviation and Gram matrix of one picture's features (c h w)."""
    pixels = maps.double().numpy().reshape(len(maps), -1)
    return pixels.mean(1), np.sqrt(pixels.var(1) + 1e-5), pixels @ pixels.T / pixels.shape[1]


class TestStatistics:
    def test_they_are_their_formulas(self):
        maps = features(2, 5, 6, 7)
        found = losses.statistics(maps)
        for index in range(2):
            for part, expected in zip((found.mean, found.std, found.gram), by_hand(maps[index]), strict=True):
                np.testing.assert_allclose(part[index].numpy(), expected, rtol=1e-4)

    def test_memory_layout_does_not_matter(self):
        maps = features(2, 5, 6, 7)
        first = losses.statistics(maps)
        second = losses.statistics(maps.to(memory_format=torch.channels_last))
        torch.testing.assert_close(first.gram, second.gram)

    @pytest.mark.parametrize("pixels", [6, 2048], ids=["one chunk", "two chunks"])
    def test_the_gradient_written_by_hand_is_right(self, pixels):
        maps = torch.rand(2, pixels, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        assert torch.autograd.gradcheck(_Moments.apply, maps.requires_grad_(), fast_mode=True)

    def test_the_gradient_reaches_the_features_through_all_three(self):
        maps = torch.rand(1, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

        def parts(maps):
            found = losses.statistics(maps)
            return found.mean, found.std, found.gram

        assert torch.autograd.gradcheck(parts, maps.requires_grad_(), fast_mode=True)

    @pytest.mark.parametrize("side", [24, 64], ids=["one chunk", "four chunks"])
    def test_bfloat16_comes_close(self, side):
        maps = features(2, 16, side, side).bfloat16()
        exact, found = losses.statistics(maps.float()), losses.statistics(maps)
        for part in ("mean", "std", "gram"):
            assert getattr(found, part).dtype == torch.float32
            torch.testing.assert_close(getattr(found, part), getattr(exact, part), rtol=1e-2, atol=1e-3)

    def test_bfloat16_gradients_come_close(self):
        maps = features(1, 16, 64, 64)
        target = losses.statistics(features(1, 16, 64, 64, seed=1) ** 2)

        def gradient(maps):
            maps = maps.detach().requires_grad_()
            found = losses.statistics(maps)
            (losses.moment_loss(found, target) + losses.relative_gram_loss(found, target)).sum().backward()
            return maps.grad.float().flatten()

        exact, found = gradient(maps), gradient(maps.bfloat16())
        assert torch.nn.functional.cosine_similarity(exact, found, dim=0) > 0.99

    def test_flat_features_have_the_smallest_deviation_and_a_gradient(self):
        maps = torch.ones(1, 2, 4, 4, requires_grad=True)
        found = losses.statistics(maps)
        torch.testing.assert_close(found.std, torch.full((1, 2), 1e-5**0.5))
        found.std.sum().backward()
        assert maps.grad.isfinite().all()
