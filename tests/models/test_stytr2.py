"""Transformers on patches."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from impasto.models.attention import Attention, EncoderLayer
from impasto.models.stytr2 import PLACES, StyTr2, StyTr2Config, pooling_matrix

SMALL = StyTr2Config(width=8, heads=2, encoder_layers=1, decoder_layers=1, hidden=16, decoder_width=4)


def pictures(seed, height, width, number=1):
    return torch.rand(number, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return StyTr2(SMALL).eval()


@torch.no_grad()
def test_content_and_style_may_be_of_any_size(model):
    tokens = model.encode_style(pictures(1, 40, 64))
    assert tokens.shape == (1, 40, 8)
    assert model(pictures(2, 64, 48), tokens).shape == (1, 3, 64, 48)


@torch.no_grad()
def test_the_style_has_no_places(model):
    """Its tokens in another order paint the same (section 3.1)."""
    content, tokens = pictures(2, 64, 64), model.encode_style(pictures(1, 32, 32))
    shuffled = tokens[:, torch.randperm(16, generator=torch.Generator().manual_seed(0))]
    torch.testing.assert_close(model(content, shuffled), model(content, tokens), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_contents_places_are_means_of_a_fixed_grid(model):
    maps = torch.rand(1, 8, 36, 54, generator=torch.Generator().manual_seed(3))
    down = pooling_matrix(36, maps) @ maps @ pooling_matrix(54, maps).T
    torch.testing.assert_close(down, F.adaptive_avg_pool2d(maps, PLACES))
    assert model.position(maps).shape == maps.shape
    assert torch.allclose(pooling_matrix(7, maps).sum(1), torch.ones(PLACES))


@torch.no_grad()
def test_attention_is_the_papers():
    torch.manual_seed(0)
    ours, theirs = Attention(8, 2, 0.0), torch.nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
    theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    query, key = torch.rand(1, 5, 8), torch.rand(1, 7, 8)
    torch.testing.assert_close(ours(query, key, key), theirs(query, key, key)[0], rtol=1e-4, atol=1e-5)


def test_every_parameter_learns(model):
    model.train()
    model(pictures(2, 64, 64), model.encode_style(pictures(1, 64, 64))).square().mean().backward()
    # A constant added to every key changes no attention.
    idle = [name for name, one in model.named_parameters() if one.grad is None or not one.grad.any()]
    assert [name for name in idle if not name.endswith("key.bias")] == []


def test_the_papers_sizes():
    paper = StyTr2(StyTr2Config(512, 8, 3, 3, 2048, 64, norm="after"))
    assert sum(one.numel() for one in paper.parameters()) == 35_394_115


@torch.no_grad()
@pytest.mark.parametrize(("norm", "told"), [("before", True), ("after", False)])
def test_only_sums_that_are_not_normalised_tell_how_strong_a_colour_is(norm, told):
    torch.manual_seed(0)
    layer = EncoderLayer(8, 2, 16, 0.0, norm_first=norm == "before")
    for one in (*layer.attention.parameters(), *layer.perceptron.parameters()):
        one.zero_()
    tokens = torch.rand(1, 4, 8)
    assert torch.allclose(layer(tokens), layer(2 * tokens), atol=1e-3) is not told


def test_dropout_is_for_training_alone():
    torch.manual_seed(0)
    model = StyTr2(StyTr2Config(8, 2, 1, 1, 16, 4, dropout=0.5))
    content = pictures(2, 64, 64)

    def painted():
        with torch.no_grad():
            return model(content, model.encode_style(content))

    assert not torch.equal(painted(), painted())
    model.eval()
    assert torch.equal(painted(), painted())
