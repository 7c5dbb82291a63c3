"""The figures, against their formulas written out in numpy."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skimage")

from impasto.metrics.stylization import (  # noqa: E402 - after the skips
    GRAM_LAYERS,
    STYLE_LAYERS,
    Figures,
    Meter,
    centre_crop,
    figures,
    mean,
    ssim,
)
from impasto.nn.vgg import VGG19  # noqa: E402


@pytest.fixture(scope="module")
def vgg():
    torch.manual_seed(0)
    return VGG19()


@pytest.fixture(scope="module")
def meter(vgg):
    return Meter(vgg)


def noise(seed, side=64):
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((side // 8, side // 8, 1), np.uint8))


def test_the_figures_are_their_formulas(meter, vgg):
    pastiche, photo, style = noise(1), noise(2), noise(3)

    def maps(picture):
        tensor = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            found = vgg(tensor, GRAM_LAYERS)
        return {layer: one[0].flatten(1).double().numpy() for layer, one in found.items()}

    def moments(one):
        return one.mean(1), np.sqrt(one.var(1) + 1e-5)

    p, c, s = maps(pastiche), maps(photo), maps(style)
    expected_style, expected_gram = 0.0, 0.0
    for layer in STYLE_LAYERS:
        for found, wanted in zip(moments(p[layer]), moments(s[layer]), strict=True):
            expected_style += ((found - wanted) ** 2).mean()
    for layer in GRAM_LAYERS:
        found, wanted = (one[layer] @ one[layer].T / one[layer].shape[1] for one in (p, s))
        expected_gram += ((found - wanted) ** 2).mean() / (wanted**2).mean()
    measured = meter.compare(pastiche, meter.features(photo), meter.features(style))
    assert measured.content == pytest.approx(((p["relu4_1"] - c["relu4_1"]) ** 2).mean(), rel=1e-3)
    assert measured.style == pytest.approx(expected_style, rel=1e-3)
    assert measured.gram == pytest.approx(expected_gram, rel=1e-3)
    assert measured.ssim == ssim(pastiche, photo) < 1


def test_the_photo_itself_has_no_content_loss_and_the_style_itself_no_style_loss(meter):
    photo, style = meter.features(noise(2)), meter.features(noise(3))
    unpainted = figures(photo, photo, style)
    assert (unpainted.content, unpainted.ssim) == (0, 1)
    assert unpainted.style > 0
    assert unpainted.gram > 0
    copied = figures(style, photo, style)
    assert (copied.style, copied.gram) == (0, 0)
    assert copied.content > 0


def test_the_centre_crop_is_the_middle_square():
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, 30:70] = 200
    assert (centre_crop(wide, 40) == 200).all()
    assert (centre_crop(wide.transpose(1, 0, 2), 40) == 200).all()
    assert centre_crop(wide, 64).shape == (64, 64, 3)


def test_the_mean_is_taken_figure_by_figure():
    assert mean([Figures(0, 1, 2, 0.5, 4, 6), Figures(2, 3, 4, 1.0, 6, 8)]) == Figures(1, 2, 3, 0.75, 5, 7)
