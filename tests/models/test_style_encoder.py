"""From moments to a style code."""

from __future__ import annotations

import pytest
import torch

from impasto.losses import Statistics
from impasto.models.style_encoder import MOMENT_LAYERS, MOMENTS, StyleEncoder, moments_vector
from impasto.nn.vgg import channels_of


def test_moments_are_means_and_deviations_layer_by_layer():
    assert MOMENTS == 1920
    found = {
        layer: Statistics(torch.full((2, c), 2.0 * i), torch.full((2, c), 2.0 * i + 1), torch.empty(0))
        for i, layer in enumerate(MOMENT_LAYERS)
        if (c := channels_of(layer))
    }
    vector = moments_vector(found)
    assert vector.shape == (2, MOMENTS)
    expected = [float(i) for i, c in enumerate([64, 64, 128, 128, 256, 256, 512, 512]) for _ in range(c)]
    assert vector[1].tolist() == expected


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return StyleEncoder(5, hidden=7)


def test_standardised_moments_have_mean_0_and_deviation_1(encoder):
    moments = 3 + 2 * torch.randn(40, MOMENTS, generator=torch.Generator().manual_seed(1))
    encoder.standardise(moments)
    standard = (moments - encoder.moments_mean) / encoder.moments_std
    torch.testing.assert_close(standard.mean(0), torch.zeros(MOMENTS), rtol=0, atol=1e-4)
    torch.testing.assert_close(standard.std(0), torch.ones(MOMENTS), rtol=1e-4, atol=0)
    assert encoder(moments).shape == (40, 5)


def test_a_moment_that_never_varies_does_not_blow_up(encoder):
    encoder.standardise(torch.ones(3, MOMENTS))
    assert encoder(torch.ones(1, MOMENTS)).isfinite().all()


def test_a_single_style_is_enough(encoder):
    encoder.standardise(torch.full((1, MOMENTS), 4.0))
    assert torch.equal(encoder.moments_mean, torch.full((MOMENTS,), 4.0))
    assert torch.equal(encoder.moments_std, torch.ones(MOMENTS))


def test_the_constants_are_saved_with_the_weights(encoder):
    encoder.standardise(torch.rand(4, MOMENTS))
    other = StyleEncoder(5, hidden=7)
    other.load_state_dict(encoder.state_dict())
    assert torch.equal(other(torch.ones(1, MOMENTS)), encoder(torch.ones(1, MOMENTS)))
