"""Fringes and grain: what they rise with, and what leaves them alone."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skimage")

from impasto.metrics.detail import detail_of, fringes, grain


def strokes(red_shift=0, height=96, width=128):
    """Dark strokes on light paper; the red channel may lie some pixels beside the others."""
    rows, columns = np.mgrid[:height, :width]
    planes = [np.where(np.sin((columns + shift) / 5 + rows / 17) > 0.3, 60, 220) for shift in (red_shift, 0, 0)]
    return np.stack(planes, -1).astype(np.uint8)


def noise(amount, seed=0):
    grey = np.random.default_rng(seed).integers(-amount, amount + 1, (96, 128, 1)).repeat(3, 2)
    return np.clip(strokes().astype(int) + grey, 0, 255).astype(np.uint8)


def test_an_edge_in_two_colours_has_fringes_and_a_grey_one_none():
    assert fringes(detail_of(strokes())) < 1e-3
    assert fringes(detail_of(strokes(red_shift=1))) > 0.3


def test_colour_that_varies_slowly_is_no_fringe():
    tinted = strokes().astype(float) * np.linspace(0.4, 1, 128)[:, None] ** np.array([0.0, 1, 2])
    assert fringes(detail_of(tinted.astype(np.uint8))) < 0.5 * fringes(detail_of(strokes(red_shift=2)))


def test_grain_grows_with_noise_up_to_that_of_independent_pixels():
    found = [grain(detail_of(noise(amount))) for amount in (0, 5, 20, 60)]
    assert found == sorted(found)
    assert found[0] < 0.05
    alone = np.random.default_rng(1).integers(0, 256, (128, 128, 1), np.uint8).repeat(3, 2)
    assert grain(detail_of(alone)) == pytest.approx(0.44, abs=0.03)


def test_an_even_picture_has_neither():
    even = detail_of(np.full((64, 64, 3), 90, np.uint8))
    assert fringes(even) == pytest.approx(0, abs=1e-6)
    assert grain(even) == pytest.approx(0, abs=1e-6)
