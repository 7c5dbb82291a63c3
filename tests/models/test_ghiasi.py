"""A network that predicts another's normalisation."""

from __future__ import annotations

import pytest
import torch

from impasto.models.ghiasi import FeaturePredictor, Ghiasi, MobilePredictor, pooled
from impasto.models.transfer_net import TransferNetConfig

SMALL = TransferNetConfig(width=4, blocks=1, norm="conditional")


def pictures(seed, height=48, width=64):
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Ghiasi(MobilePredictor(6, 0.25), SMALL, 6)


def test_the_papers_sizes():
    full = Ghiasi(MobilePredictor(100, 1.0), TransferNetConfig(norm="conditional"), 100)
    assert full.modulate.in_features == 100
    assert full.modulate.out_features == full.net.modulation_size == 3_200


@torch.no_grad()
def test_the_style_decides_and_its_size_is_free(model):
    content = pictures(1)
    codes = [model.predictor(pictures(seed, height, 40)) for seed, height in ((2, 40), (3, 72))]
    assert [code.shape for code in codes] == [(2, 6), (2, 6)]
    model.modulate.weight.mul_(20)
    first, second = (model(content, code) for code in codes)
    assert first.shape == content.shape
    assert (first - second).abs().mean() > 1e-4


def test_both_networks_learn_together(model):
    model(pictures(1), model.predictor(pictures(2))).square().mean().backward()
    idle = [name for name, one in model.named_parameters() if one.grad is None or not one.grad.any()]
    assert not idle


@torch.no_grad()
def test_features_of_a_frozen_network_are_pooled():
    features = {"a": torch.ones(2, 3, 4, 4), "b": torch.zeros(2, 5, 2, 2)}
    found = pooled(features, ("a", "b"))
    assert found.shape == (2, 16)
    assert found[0, :3].tolist() == [1, 1, 1]
    assert FeaturePredictor(16, 7)(found).shape == (2, 7)
