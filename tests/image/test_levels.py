"""Whatever works on pictures works on 16 bits as on 8, only finer."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.image.blend import blend, lerp
from impasto.image.color import color_statistics
from impasto.image.levels import quantized, to_8_bits
from impasto.image.recolor import RECOLORINGS, adjust
from impasto.image.resize import pad_to_multiple, resize


@pytest.fixture(scope="module")
def pair(draw):
    return draw(1, 60, 90), draw(2, 60, 90)


def deep(pixels):
    return pixels.astype(np.uint16) * 257


def test_levels():
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_8_bits(deep(every)), every)
    assert to_8_bits(np.array([128, 129, 65_535], np.uint16)).tolist() == [0, 1, 255]
    assert quantized(np.array([-3.0, 0.6, 70_000.0]), np.dtype(np.uint16)).tolist() == [0, 1, 65_535]


FUNCTIONS = {
    **RECOLORINGS,
    "adjust": lambda one, _: adjust(one, 0.7, 1.2),
    "shrink": lambda one, _: resize(one, 23, 31),
    "enlarge": lambda one, _: resize(one, 100, 131),
    "one channel": lambda one, _: resize(one[..., 0], 23, 31),
    "pad": lambda one, _: pad_to_multiple(one, 64)[0],
    "lerp": lambda one, other: lerp(one, other, 0.3),
    "blend": lambda one, other: blend(one, [(other, np.linspace(0, 1, 60 * 90, dtype=np.float32).reshape(60, 90))]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_but_finer(name, pair):
    coarse = FUNCTIONS[name](*pair)
    fine = FUNCTIONS[name](*map(deep, pair))
    assert fine.dtype == np.uint16
    assert fine.shape == coarse.shape
    difference = np.abs(fine / 257 - coarse)
    # Where a colour meets the gamut's edge, rounding decides how far it gives way.
    assert difference.mean() < 0.5
    assert np.quantile(difference, 0.99) < 2


def test_statistics_do_not_depend_on_depth(pair):
    for coarse, fine in zip(color_statistics(pair[0]), color_statistics(deep(pair[0])), strict=True):
        np.testing.assert_allclose(fine, coarse)
