"""The loss network: what its layers are, and that normalising and folding change nothing but scales."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data
from torch.nn import functional as F

from impasto.errors import UnknownName
from impasto.nn.vgg import CAFFE_MEAN_BGR, LAYERS, POOLINGS, channels_of, l2_pool
from impasto.nn.vgg_weights import channel_means, find_vgg19, load_vgg19

PICTURES = torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def raw():
    return load_vgg19(normalised=False)


@pytest.fixture(scope="module")
def normalised():
    return load_vgg19()


def test_layers_have_the_papers_names_in_order():
    assert len(LAYERS) == 16
    assert LAYERS[:3] == ("relu1_1", "relu1_2", "relu2_1")
    assert LAYERS[-1] == "relu5_4"


def test_each_block_halves_the_side_and_has_its_channels(raw):
    features = raw(PICTURES, LAYERS)
    assert list(features) == list(LAYERS)
    for layer, maps in features.items():
        block = int(layer[4])
        assert channels_of(layer) == (64, 128, 256, 512, 512)[block - 1]
        assert maps.shape == (2, channels_of(layer), 48 >> block - 1, 64 >> block - 1)
        assert maps.min() >= 0


def test_it_computes_no_deeper_than_asked(raw, monkeypatch):
    monkeypatch.setattr(raw.convolutions["relu3_1"], "forward", lambda _: pytest.fail("too deep"))
    assert list(raw(PICTURES, ["relu2_2", "relu1_1"])) == ["relu1_1", "relu2_2"]


def test_an_unknown_layer_is_named(raw):
    with pytest.raises(UnknownName, match=r"'conv4_2'.*'relu4_2' here"):
        raw(PICTURES, ["relu1_1", "conv4_2"])
    with pytest.raises(UnknownName, match=r"VGG-19 named 'relu41'; did you mean 'relu4_1'"):
        raw.receptive_field_of("relu41")


def test_it_is_frozen(normalised):
    assert not any(parameter.requires_grad for parameter in normalised.parameters())


def test_caffes_preprocessing_is_folded_into_the_first_convolution(raw):
    stored = torch.load(find_vgg19(), weights_only=True)
    kernel = stored["block1_conv1_W_table"].float()[stored["block1_conv1_W_q"].long()]
    caffe = PICTURES.flip(1) * 255 - torch.tensor(CAFFE_MEAN_BGR).view(1, 3, 1, 1)
    expected = F.relu(F.conv2d(caffe, kernel, stored["block1_conv1_b"].float(), padding=1))
    torch.testing.assert_close(raw(PICTURES, ["relu1_1"])["relu1_1"], expected, rtol=1e-4, atol=1e-2)


def test_normalising_divides_each_channel_by_its_mean_and_nothing_else(raw, normalised):
    """What the exported style encoder relies on: it divides the moments of the raw network instead."""
    means = channel_means()
    before, after = raw(PICTURES, LAYERS), normalised(PICTURES, LAYERS)
    for layer in LAYERS:
        scale = means[layer].view(1, -1, 1, 1) if layer in means else torch.ones(1)
        expected = before[layer] / scale.clamp_min(1e-6)
        assert (after[layer] - expected).abs().max() <= 1e-4 * expected.abs().max(), layer


def test_normalised_activations_over_photographs_average_about_1(normalised):
    photos = np.stack([one[40:240, 100:356] for one in (data.astronaut(), data.coffee(), data.chelsea())])
    features = normalised(torch.from_numpy(photos).permute(0, 3, 1, 2).float() / 255, list(channel_means()))
    for layer, maps in features.items():
        assert 0.5 < maps.mean() < 2, layer


def test_poolings_are_what_they_are_called():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 1, 2, 2)
    assert POOLINGS["max"](x).item() == 4
    assert POOLINGS["average"](x).item() == 2.5
    assert POOLINGS["l2"](x).item() == pytest.approx(7.5**0.5)


def test_l2_poolings_gradient_is_right_and_finite_where_everything_is_0():
    x = torch.rand(1, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    assert torch.autograd.gradcheck(l2_pool, x.requires_grad_())
    for value in (0.0, 1e-30, 1e-6, 1e-3):
        flat = torch.full((1, 1, 2, 2), value, requires_grad=True)
        l2_pool(flat).sum().backward()
        assert flat.grad.abs().max() <= 0.5


@pytest.mark.parametrize("pooling", ["average", "l2"])
def test_normalising_scales_channels_whatever_the_pooling(pooling):
    layers = ["relu2_1", "relu3_1"]
    before = load_vgg19(normalised=False, pooling=pooling)(PICTURES, layers)
    after = load_vgg19(pooling=pooling)(PICTURES, layers)
    for layer, maps in before.items():
        expected = maps / channel_means()[layer].clamp_min(1e-6).view(1, -1, 1, 1)
        assert (after[layer] - expected).abs().max() <= 1e-4 * expected.abs().max(), layer
