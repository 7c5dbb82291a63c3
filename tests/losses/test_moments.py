"""Every loss against its formula, written out in float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from impasto import losses
from impasto.losses import Statistics
from impasto.losses.moments import _Moments


def features(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def assert_agrees(found, expected):
    """Float32, one value a picture."""
    assert found.dtype == torch.float32
    assert found.shape == (len(expected),)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


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


def statistics_of(maps):
    return Statistics(*(torch.from_numpy(np.stack(part)).float() for part in zip(*map(by_hand, maps), strict=True)))


class TestLosses:
    a, b = features(2, 5, 6, 7), features(2, 5, 6, 7, seed=1)

    def test_content(self):
        expected = ((self.a.double() - self.b.double()) ** 2).mean((1, 2, 3)).numpy()
        assert_agrees(losses.content_loss(self.a, self.b), expected)

    def test_moments(self):
        expected = []
        for one, other in zip(self.a, self.b, strict=True):
            (mean, std, _), (mean_, std_, _) = by_hand(one), by_hand(other)
            expected.append(((mean - mean_) ** 2).mean() + ((std - std_) ** 2).mean())
        assert_agrees(losses.moment_loss(statistics_of(self.a), statistics_of(self.b)), expected)

    def test_relative_gram(self):
        expected = []
        for one, other in zip(self.a, self.b, strict=True):
            gram, target = by_hand(one)[2], by_hand(other)[2]
            expected.append(((gram - target) ** 2).mean() / (target**2).mean())
        assert_agrees(losses.relative_gram_loss(statistics_of(self.a), statistics_of(self.b)), expected)

    def test_relative_gram_does_not_depend_on_the_features_scale(self):
        first = losses.relative_gram_loss(statistics_of(self.a), statistics_of(self.b))
        second = losses.relative_gram_loss(statistics_of(10 * self.a), statistics_of(10 * self.b))
        torch.testing.assert_close(first, second)

    def test_total_variation(self):
        x = features(2, 3, 5, 8)
        exact = x.double().numpy()
        down, across = np.diff(exact, axis=2) ** 2, np.diff(exact, axis=3) ** 2
        assert_agrees(losses.total_variation(x), down.mean((1, 2, 3)) + across.mean((1, 2, 3)))

    def test_range(self):
        x = torch.tensor([[-0.5, 0.0, 0.5], [1.0, 1.25, 0.9]]).view(2, 3, 1, 1)
        assert_agrees(losses.range_penalty(x), np.array([0.25 / 3, 0.0625 / 3]))

    def test_dissimilarity_is_scikit_images(self):
        x, y = features(2, 3, 24, 31), features(2, 3, 24, 31, seed=1)
        y = 0.6 * x + 0.4 * y
        expected = []
        for one, other in zip(x, y, strict=True):
            grey, target = (
                np.tensordot([0.299, 0.587, 0.114], picture.double().numpy(), 1) for picture in (one, other)
            )
            similarity = structural_similarity(grey, target, win_size=7, data_range=1.0, use_sample_covariance=False)
            expected.append(1 - similarity)
        assert_agrees(losses.structural_dissimilarity(x, y), expected)

    @pytest.mark.parametrize(
        "loss", [losses.content_loss, losses.structural_dissimilarity], ids=["content", "dissimilarity"]
    )
    def test_equal_pictures_cost_nothing(self, loss):
        x = features(2, 3, 16, 16)
        torch.testing.assert_close(loss(x, x), torch.zeros(2), rtol=0, atol=1e-5)

    def test_equal_statistics_cost_nothing(self):
        one = statistics_of(self.a)
        assert not losses.moment_loss(one, one).any()
        assert not losses.relative_gram_loss(one, one).any()
