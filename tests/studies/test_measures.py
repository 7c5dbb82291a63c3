"""What paintings are measured by, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.studies.measures import Measures, color_distance, gram_distances, psnr


def test_colours_are_apart_by_as_much_as_they_were_shifted(draw):
    picture = draw(1, 40, 60) // 2 + 40
    assert color_distance(picture, picture) == 0
    assert color_distance(picture + np.uint8(7), picture) == pytest.approx(7)
    assert color_distance(picture[::-1, ::-1], picture) == 0


def test_psnr_of_a_known_error(draw):
    picture = draw(1, 40, 60) // 2 + 40
    assert psnr(picture + np.uint8(10), picture) == pytest.approx(20 * np.log10(25.5))


def test_gram_is_0_for_the_style_itself_and_far_for_black(draw, vgg):
    style = draw(1, 64, 64)
    layers = ["relu1_1", "relu3_1"]
    assert gram_distances(style, style, vgg, layers) == pytest.approx(dict.fromkeys(layers, 0), abs=1e-6)
    assert all(distance > 0.3 for distance in gram_distances(np.zeros_like(style), style, vgg, layers).values())


def test_a_photo_has_no_content_loss_against_itself_in_any_size(draw):
    photo, style = draw(1, 96, 96), draw(2, 300, 96)
    figures = Measures().compare(photo, photo, style)
    assert figures.content == pytest.approx(0, abs=1e-9)
    assert figures.ssim == pytest.approx(1)
    assert figures.gram > 0
