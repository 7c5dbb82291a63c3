"""What every loss network promises, and what loading one by name does."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import UnknownName, UsageError, WeightsError
from impasto.nn.efficientnet_lite import EfficientNetLite0
from impasto.nn.loss_networks import LOSS_NETWORKS, LossNetwork, load_loss_network
from impasto.nn.vgg import VGG16, VGG19
from impasto.nn.vgg_weights import find_vgg19

NETWORKS = {"vgg19": VGG19, "vgg16": VGG16, "efficientnet-lite0": lambda: EfficientNetLite0(smoothing=False)}


@pytest.fixture(params=list(NETWORKS))
def network(request) -> LossNetwork:
    torch.manual_seed(0)
    return NETWORKS[request.param]()


def test_all_are_listed():
    assert set(LOSS_NETWORKS) == set(NETWORKS)


def test_features_have_the_promised_channels_and_stride_in_the_networks_order(network):
    found = network(torch.rand(2, 3, 64, 96), tuple(reversed(network.layers)))
    assert tuple(found) == network.layers
    for layer, maps in found.items():
        stride = network.stride_of(layer)
        assert maps.shape == (2, network.channels_of(layer), 64 // stride, 96 // stride)


def test_a_feature_depends_on_its_receptive_field_and_on_no_pixel_beyond(network):
    network.double()  # in float32, convolutions of many pixels at once leave rounding errors beyond
    for layer in network.style_layers[:4]:
        field = network.receptive_field_of(layer)
        side = -(-(field + 2 * network.stride_of(layer)) // 32) * 32
        picture = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
        maps = network(picture, [layer])[layer]
        middle = maps.shape[-1] // 2
        maps[0, :, middle, middle].sum().backward()
        touched = picture.grad.abs().sum((0, 1)).nonzero()
        extent = (touched.max(0).values - touched.min(0).values + 1).max().item()
        assert extent <= field, layer
        assert extent > 0.6 * field, layer


def test_receptive_fields_are_those_of_the_literature():
    fields = {layer: VGG19().receptive_field_of(layer) for layer in VGG19.layers}
    assert [fields[layer] for layer in VGG19.style_layers] == [3, 10, 24, 68, 156]
    assert fields["relu5_4"] == 252
    assert VGG16().receptive_field_of("relu5_3") == 196


def test_defaults_are_layers(network):
    assert set(network.content_layers) | set(network.style_layers) <= set(network.layers)


def test_an_unknown_layer_suggests_a_near_miss(network):
    wrong = network.layers[-1].replace("_", "-") + "x"
    for ask in (network.channels_of, network.stride_of, network.receptive_field_of):
        with pytest.raises(UnknownName, match=r"did you mean .*" + network.layers[-1]):
            ask(wrong)
    with pytest.raises(UnknownName, match="did you mean"):
        network(torch.rand(1, 3, 32, 32), [network.layers[0], wrong])


def test_it_is_frozen_and_asked_for_nothing_computes_nothing(network):
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert network(torch.rand(1, 3, 32, 32), []) == {}


def test_it_works_in_bfloat16_channels_last(network):
    picture = torch.rand(1, 3, 64, 64)
    layer = network.content_layers[0]
    exact = network(picture, [layer])[layer]
    network.to(torch.bfloat16).to(memory_format=torch.channels_last)
    picture = picture.bfloat16().to(memory_format=torch.channels_last).requires_grad_()
    found = network(picture, [layer])[layer]
    found.float().square().mean().backward()
    assert found.dtype == torch.bfloat16
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert picture.grad.isfinite().all()
    assert (found.float() - exact).std() < 0.05 * exact.std()


def test_vgg19_is_the_wheels_unless_told_otherwise():
    assert torch.equal(
        load_loss_network().parameters_of("relu3_1")[0],
        load_loss_network(weights=find_vgg19(), pooling="average").parameters_of("relu3_1")[0],
    )


def test_names_that_do_not_exist_suggest_those_that_do():
    with pytest.raises(UnknownName, match="did you mean 'vgg19'"):
        load_loss_network("vgg-19")
    with pytest.raises(UnknownName, match="did you mean 'average'"):
        load_loss_network(pooling="avrage")
    with pytest.raises(UsageError, match="efficientnet-lite0 has no pooling"):
        load_loss_network("efficientnet-lite0", pooling="l2")


def test_the_wheels_codebooks_are_no_vgg16():
    with pytest.raises(WeightsError, match="holds no torchvision VGG"):
        load_loss_network("vgg16", weights=find_vgg19())
