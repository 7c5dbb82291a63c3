"""Histogram loss and sliced Wasserstein distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto.losses import histogram_loss, sliced_wasserstein_loss
from impasto.losses.sorting import histogram_target, quantiles


def features(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def pixels_of(maps):
    return maps.flatten(2).transpose(1, 2)


def test_histogram_is_the_distance_from_the_matched_map():
    a, b = features(2, 4, 6, 7), features(1, 4, 6, 7, seed=1)
    expected = []
    for picture in a.double().numpy():
        matched = np.empty((4, 42))
        for channel, (found, style) in enumerate(zip(picture, b[0].double().numpy(), strict=True)):
            matched[channel, found.ravel().argsort()] = np.sort(style.ravel())
        expected.append(((picture.reshape(4, 42) - matched) ** 2).mean())
    np.testing.assert_allclose(histogram_loss(a, histogram_target(b)).numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("size", [(3, 5), (9, 11)], ids=["smaller", "larger"])
def test_a_style_of_another_size_is_matched_by_numpys_interpolated_quantiles(size):
    a, b = features(1, 2, 6, 7), features(1, 2, *size, seed=1)
    count, style_count = 42, size[0] * size[1]
    expected = []
    for found, style in zip(a[0].double().numpy(), b[0].double().numpy(), strict=True):
        ranks = (np.arange(count) + 0.5) / count
        target = np.interp(ranks, (np.arange(style_count) + 0.5) / style_count, np.sort(style.ravel()))
        expected.append(((np.sort(found.ravel()) - target) ** 2).mean())
    np.testing.assert_allclose(histogram_loss(a, histogram_target(b)).item(), np.mean(expected), rtol=1e-5)


def test_a_step_along_the_gradient_matches_the_histogram():
    """Half of the summed square's gradient is the distance from the matched map."""
    a, b = features(1, 4, 8, 8).requires_grad_(), features(1, 4, 8, 8, seed=1) ** 2
    histogram_loss(a, histogram_target(b)).sum().backward()
    moved = a.detach() - a.grad * a.numel() / 2
    torch.testing.assert_close(moved.flatten(2).sort(2).values, b.flatten(2).sort(2).values)


def test_quantiles_keep_a_line():
    line = torch.linspace(0, 1, 101).unsqueeze(0)
    found = quantiles(line, 7)[0]
    torch.testing.assert_close(found.diff(), torch.full((6,), found[1] - found[0]))
    assert found[3] == pytest.approx(0.5)


def test_a_permutation_is_at_no_sliced_distance():
    a = features(1, 4, 8, 8)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    permuted = a.flatten(2)[:, :, order].view_as(a)
    assert sliced_wasserstein_loss(permuted, pixels_of(a)).item() == pytest.approx(0, abs=1e-10)


def test_a_shift_is_at_its_own_distance():
    a, shift = features(2, 6, 8, 8), torch.arange(6.0).view(1, 6, 1, 1)
    for picture in a.split(1):
        found = sliced_wasserstein_loss(picture + shift, pixels_of(picture))
        assert found.item() == pytest.approx(shift.square().sum().item() / 6, rel=1e-4)


def test_one_channel_is_its_histogram():
    a, b = features(1, 1, 8, 8), features(1, 1, 5, 6, seed=1)
    torch.testing.assert_close(sliced_wasserstein_loss(a, pixels_of(b)), histogram_loss(a, histogram_target(b)))


def test_sliced_distance_sees_a_correlation_that_histograms_cannot():
    line = features(1, 1, 16, 16)
    together, apart = torch.cat([line, line], 1), torch.cat([line, line.flip(2)], 1)
    assert histogram_loss(together, histogram_target(apart)).item() == pytest.approx(0, abs=1e-10)
    assert sliced_wasserstein_loss(together, pixels_of(apart)) > 1e-3
