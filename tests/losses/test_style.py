"""The losses of style that compare statistics, against their formulas written out in float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto import losses
from impasto.losses import Statistics
from impasto.losses.distribution import gaussian, gaussian_mmd_loss, kernel_sample


def features(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def pixels_of(maps):
    """One picture's features (c h w) as pixels (h·w c)."""
    return maps.double().numpy().reshape(len(maps), -1).T


def by_hand(maps):
    """Mean, deviation and Gram matrix of one picture's features (c h w)."""
    pixels = pixels_of(maps)
    return pixels.mean(0), np.sqrt(pixels.var(0) + 1e-5), pixels.T @ pixels / len(pixels)


def statistics_of(maps):
    return Statistics(*(torch.from_numpy(np.stack(part)).float() for part in zip(*map(by_hand, maps), strict=True)))


def agrees(found, expected, rtol=1e-4):
    """Float32, one value a picture."""
    assert found.dtype == torch.float32
    assert found.shape == (len(expected),)
    np.testing.assert_allclose(found.numpy(), expected, rtol=rtol)
    return True


A, B = features(2, 5, 6, 7), features(2, 5, 6, 7, seed=1)
PAIRS = list(zip(A, B, strict=True))


def test_moments():
    expected = []
    for one, other in PAIRS:
        (mean, std, _), (mean_, std_, _) = by_hand(one), by_hand(other)
        expected.append(((mean - mean_) ** 2).mean() + ((std - std_) ** 2).mean())
    assert agrees(losses.moment_loss(statistics_of(A), statistics_of(B)), expected)


def test_relative_gram():
    expected = []
    for one, other in PAIRS:
        gram, target = by_hand(one)[2], by_hand(other)[2]
        expected.append(((gram - target) ** 2).mean() / (target**2).mean())
    assert agrees(losses.relative_gram_loss(statistics_of(A), statistics_of(B)), expected)


def test_relative_gram_does_not_depend_on_the_features_scale():
    first = losses.relative_gram_loss(statistics_of(A), statistics_of(B))
    second = losses.relative_gram_loss(statistics_of(10 * A), statistics_of(10 * B))
    torch.testing.assert_close(first, second)


def test_gatys_gram_is_the_papers_equation_4():
    n, m = 5, 42
    expected = []
    for one, other in PAIRS:
        x, y = pixels_of(one), pixels_of(other)
        expected.append(((x.T @ x - y.T @ y) ** 2).sum() / (4 * n**2 * m**2))
    assert agrees(losses.gatys_gram_loss(losses.statistics(A), losses.statistics(B)), expected)


def test_gram_per_element():
    expected = []
    for one, other in PAIRS:
        x, y = pixels_of(one), pixels_of(other)
        expected.append(((x.T @ x / x.size - y.T @ y / y.size) ** 2).mean())
    assert agrees(losses.element_gram_loss(losses.statistics(A), losses.statistics(B)), expected)


def test_coral_is_numpys_covariance():
    expected = []
    for one, other in PAIRS:
        difference = np.cov(pixels_of(one).T, bias=True) - np.cov(pixels_of(other).T, bias=True)
        expected.append((difference**2).sum() / (4 * 5**2))
    assert agrees(losses.coral_loss(losses.statistics(A), losses.statistics(B)), expected, rtol=1e-3)


def test_coral_does_not_see_a_change_of_mean():
    shifted = losses.coral_loss(losses.statistics(A), losses.statistics(A + 3))
    torch.testing.assert_close(shifted, torch.zeros(2), atol=1e-9, rtol=0)


class TestMeanDiscrepancy:
    @staticmethod
    def brute_force(kernel):
        """The mean of the kernel over every pair of pixels, for each picture."""
        result = []
        for one, other in PAIRS:
            x, y = pixels_of(one), pixels_of(other)
            result.append(kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean())
        return result

    def test_linear(self):
        expected = self.brute_force(lambda x, y: x @ y.T / 5)
        assert agrees(losses.linear_mmd_loss(losses.statistics(A), losses.statistics(B)), expected)

    def test_polynomial(self):
        expected = self.brute_force(lambda x, y: (x @ y.T / 5 + 1) ** 2)
        assert agrees(losses.polynomial_mmd_loss(losses.statistics(A), losses.statistics(B)), expected, rtol=1e-3)

    def test_gaussian(self):
        style = pixels_of(B[0])
        distances = ((style[:, None] - style) ** 2).sum(2)
        expected = []
        for one in A:
            x = pixels_of(one)
            within = ((x[:, None] - x) ** 2).sum(2)
            across = ((x[:, None] - style) ** 2).sum(2)
            kernels = [np.exp(-d / (2 * distances.mean())).mean() for d in (within, distances, across)]
            expected.append(kernels[0] + kernels[1] - 2 * kernels[2])
        assert agrees(gaussian_mmd_loss(A, kernel_sample(B[:1])), expected, rtol=1e-3)

    def test_gaussian_sees_what_means_and_gram_matrices_cannot(self):
        """±1 and a normal distribution agree in mean and variance."""
        normal = torch.randn(1, 1, 40, 40, generator=torch.Generator().manual_seed(0))
        normal = (normal - normal.mean()) / normal.std(correction=0)
        two = torch.ones(1, 1, 40, 40)
        two[..., ::2] = -1
        assert losses.polynomial_mmd_loss(losses.statistics(two), losses.statistics(normal)) < 1e-6
        assert gaussian_mmd_loss(two, kernel_sample(normal)) > 0.005


class TestWasserstein:
    def test_diagonal_covariances_have_a_closed_form(self):
        def independent(mean, std):
            return Statistics(mean, std, torch.diag_embed(std**2) + mean.unsqueeze(2) * mean.unsqueeze(1))

        mean, std = features(2, 6), features(2, 6, seed=1)
        mean_, std_ = features(1, 6, seed=2), features(1, 6, seed=3)
        expected = ((mean - mean_) ** 2 + (std - std_) ** 2).mean(1)
        found = losses.wasserstein_loss(independent(mean, std), gaussian(independent(mean_, std_)))
        assert agrees(found, expected.numpy())

    def test_full_covariances_are_the_matrix_square_roots(self):
        def root(matrix):
            values, vectors = np.linalg.eigh(matrix)
            return vectors * np.sqrt(values.clip(0)) @ vectors.T

        style = pixels_of(B[0])
        style_covariance = np.cov(style.T, bias=True)
        expected = []
        for one in A:
            x = pixels_of(one)
            covariance = np.cov(x.T, bias=True)
            shared = root(root(style_covariance) @ covariance @ root(style_covariance))
            distance = ((x.mean(0) - style.mean(0)) ** 2).sum() + np.trace(covariance + style_covariance - 2 * shared)
            expected.append(distance / 5)
        found = losses.wasserstein_loss(losses.statistics(A), gaussian(losses.statistics(B[:1])))
        assert agrees(found, expected, rtol=1e-3)

    def test_it_sees_a_correlation_that_moments_cannot(self):
        maps = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(0))
        apart, together = losses.statistics(maps), losses.statistics(maps[:, [0, 0]] * torch.tensor(1.0))
        assert losses.wasserstein_loss(apart, gaussian(together)) > 0.1

    @pytest.mark.parametrize("value", [0.0, 0.5], ids=["black", "flat"])
    def test_a_flat_pastiche_has_a_finite_gradient(self, value):
        maps = torch.full((1, 5, 6, 7), value, requires_grad=True)
        losses.wasserstein_loss(losses.statistics(maps), gaussian(losses.statistics(B[:1]))).sum().backward()
        assert maps.grad.isfinite().all()

    def test_more_channels_than_pixels(self):
        """Both covariances are singular, and most of their eigenvalues equal."""
        maps = features(1, 64, 4, 4).requires_grad_()
        target = gaussian(losses.statistics(features(1, 64, 5, 5, seed=1)))
        loss = losses.wasserstein_loss(losses.statistics(maps), target)
        loss.sum().backward()
        assert loss > 0
        assert maps.grad.isfinite().all()
        stepped = losses.wasserstein_loss(losses.statistics(maps - 0.1 * maps.grad), target)
        assert stepped < loss
