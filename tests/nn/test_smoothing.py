"""Activation smoothing: a softmax over a whole picture, in proportion to its size."""

from __future__ import annotations

import torch

from impasto.nn.smoothing import smooth_activations

MAPS = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_ratios_are_those_of_the_exponentials_and_the_mean_is_1():
    smooth = smooth_activations(MAPS, temperature=2.0)
    weights = (MAPS / 2).exp()
    torch.testing.assert_close(smooth, weights / weights.mean((1, 2, 3), keepdim=True))


def test_a_shift_changes_nothing_and_pictures_do_not_mix():
    torch.testing.assert_close(smooth_activations(MAPS + 7), smooth_activations(MAPS))
    torch.testing.assert_close(smooth_activations(MAPS)[1:], smooth_activations(MAPS[1:]))


def test_it_raises_the_entropy_of_peaks():
    peaks = torch.zeros(1, 3, 8, 8)
    peaks[0, 0, 0, 0] = 9

    def entropy(maps):
        share = maps.flatten() / maps.sum()
        return -(share * share.clamp_min(1e-12).log()).sum()

    assert entropy(smooth_activations(peaks, temperature=3.0)) > entropy(peaks) + 1


def test_large_values_and_bfloat16_stay_finite():
    smooth = smooth_activations((MAPS * 1e4).bfloat16())
    assert smooth.dtype == torch.bfloat16
    assert smooth.isfinite().all()


def test_gradient():
    assert torch.autograd.gradcheck(smooth_activations, MAPS[:1].clone().requires_grad_())
