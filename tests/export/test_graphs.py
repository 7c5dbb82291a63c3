"""The modules that are exported compute what was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto import losses
from impasto.export.graphs import EncodeStyle
from impasto.models.style_encoder import MOMENT_LAYERS, MOMENTS, StyleEncoder, moments_vector
from impasto.nn.border import from_border, to_border
from impasto.nn.vgg_weights import channel_means, load_vgg19


@pytest.mark.parametrize("shape", [(64, 64), (56, 90)])
@torch.no_grad()
def test_codes_are_those_of_training(draw, shape):
    """Training looks with the normalised VGG, the exported encoder with the raw one."""
    torch.manual_seed(0)
    encoder = StyleEncoder(8)
    encoder.standardise(torch.rand(9, MOMENTS))
    picture = torch.from_numpy(draw(1, *shape))[None]
    features = load_vgg19()(from_border(picture), MOMENT_LAYERS)
    expected = encoder(moments_vector({layer: losses.statistics(maps) for layer, maps in features.items()}))
    found = EncodeStyle(load_vgg19(normalised=False), channel_means(), encoder)(picture)
    assert (found - expected).abs().mean() < 1e-3 * expected.abs().mean()


def test_the_border_is_crossed_without_loss(draw):
    pixels = torch.from_numpy(draw(1, 16, 24))[None]
    assert torch.equal(to_border(from_border(pixels)), pixels)


def test_what_leaves_the_range_is_clipped():
    pictures = torch.tensor([-0.5, 0.0, 0.4999 / 255, 0.5001 / 255, 1.0, 7.0]).view(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert np.asarray(to_border(pictures))[0, 0, :, 0].tolist() == [0, 0, 0, 1, 255, 255]
