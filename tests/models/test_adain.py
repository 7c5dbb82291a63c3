"""AdaIN's decoder and what happens before it."""

from __future__ import annotations

import pytest
import torch

from impasto.models.adain import ENCODED, AdaIN, BatchNormEncoder, code_of, code_size
from impasto.models.mirrored_decoder import MirroredDecoder
from impasto.nn.instance import moments
from impasto.nn.vgg_weights import load_vgg19


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19()


def pictures(seed, number=1, side=64):
    smooth = torch.rand(number, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(smooth, size=(side, side), mode="bilinear")


def test_the_decoder_mirrors_vgg():
    assert sum(one.numel() for one in MirroredDecoder().parameters()) == 3_505_219
    with torch.no_grad():
        assert MirroredDecoder(16, 4)(torch.rand(2, 16, 5, 7)).shape == (2, 3, 40, 56)


@torch.no_grad()
def test_an_untrained_decoder_lets_its_features_through():
    torch.manual_seed(0)
    decoder = MirroredDecoder(64, 16)
    pictures = decoder(torch.randn(2, 64, 6, 6, generator=torch.Generator().manual_seed(1)).relu())
    assert pictures.mean() == pytest.approx(0.5, abs=0.2)
    assert 0.02 < (pictures[0] - pictures[1]).std() < 0.5


@torch.no_grad()
def test_exchanged_features_have_the_styles_statistics(vgg):
    model = AdaIN(width=4)
    content, style = (vgg(pictures(seed), [ENCODED]) for seed in (1, 2))
    exchanged = model.exchange(content[ENCODED], code_of(style, model.depths))
    # Channels that are flat in the content stay flat, whatever deviation they are given.
    varied = moments(content[ENCODED])[1].flatten() > 0.05
    assert varied.sum() > 100
    for found, wanted in zip(moments(exchanged), moments(style[ENCODED]), strict=True):
        torch.testing.assert_close(found.flatten()[varied], wanted.flatten()[varied], rtol=2e-2, atol=2e-2)


@torch.no_grad()
def test_between_two_codes_features_are_between_as_in_equation_14(vgg):
    model = AdaIN(width=4)
    content, style = (vgg(pictures(seed), [ENCODED]) for seed in (1, 2))
    own, other = (code_of(one, model.depths) for one in (content, style))
    half = model.exchange(content[ENCODED], 0.5 * own + 0.5 * other)
    expected = 0.5 * content[ENCODED] + 0.5 * model.exchange(content[ENCODED], other)
    torch.testing.assert_close(half, expected, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_at_several_depths_the_code_is_longer_and_matters(vgg):
    depths = ("relu4_1", "relu2_1")
    model = AdaIN(depths)
    assert model.depths == ("relu2_1", "relu4_1")
    assert code_size(model.depths) == 2 * (128 + 512)
    features = vgg(pictures(1), model.depths)
    code = code_of(features, model.depths)
    assert code.shape == (1, 1280)
    changed = code.clone()
    changed[:, :256] *= 2
    difference = (model(features[ENCODED], code) - model(features[ENCODED], changed)).abs().mean()
    assert difference > 1e-3


class TestBatchNormEncoder:
    @pytest.fixture
    def encoder(self, vgg):
        encoder = BatchNormEncoder()
        encoder.standardise(vgg, pictures(3, number=2))
        return encoder.eval()

    @torch.no_grad()
    def test_it_begins_as_plain_vgg(self, vgg, encoder):
        plain, normed = vgg(pictures(4), [ENCODED])[ENCODED], encoder(vgg, pictures(4), [ENCODED])[ENCODED]
        torch.testing.assert_close(normed, plain, rtol=1e-3, atol=1e-3)

    @torch.no_grad()
    def test_folded_it_computes_the_same(self, vgg, encoder):
        encoder.norms["relu2_1"].weight.mul_(1.5)
        encoder.norms["relu3_4"].running_mean.add_(0.2)
        expected = encoder(vgg, pictures(4), [ENCODED])[ENCODED]
        torch.testing.assert_close(encoder.folded(vgg)(pictures(4), [ENCODED])[ENCODED], expected, rtol=1e-3, atol=1e-3)
