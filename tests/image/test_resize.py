from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from impasto.errors import UsageError
from impasto.image.resize import crop_back, fit_size, pad_to_multiple, resize

sides = st.integers(1, 300)


@given(sides, sides, st.integers(1, 64), st.integers(1, 200), st.sampled_from([(), (3,)]))
def test_padding_reaches_its_multiple_and_crops_back(height, width, multiple, minimum, channels):
    pixels = np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, *channels), dtype=np.uint8)
    padded, crop = pad_to_multiple(pixels, multiple, minimum)
    assert padded.dtype == np.uint8
    for before, after in zip((height, width), padded.shape[:2], strict=True):
        assert after % multiple == 0
        assert max(before, minimum) <= after < max(before, minimum) + multiple
    np.testing.assert_array_equal(crop_back(padded, crop), pixels)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 39), st.integers(0, 39))
def test_padding_reflects(height, width, row, column):
    pixels = np.arange(height * width, dtype=np.uint16).astype(np.uint8).reshape(height, width)
    padded, crop = pad_to_multiple(pixels, 64)

    def reflected(index, side):
        index %= max(1, 2 * (side - 1))
        return min(index, 2 * (side - 1) - index) if side > 1 else 0

    expected = pixels[reflected(row - crop.top, height), reflected(column - crop.left, width)]
    assert padded[row, column] == expected


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3), (2, 3, 3)])
def test_extreme_shapes(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    padded, crop = pad_to_multiple(pixels, 32, 256)
    assert min(padded.shape[:2]) == 256
    np.testing.assert_array_equal(crop_back(padded, crop), pixels)


def test_nothing_is_copied_when_nothing_is_missing():
    pixels = np.zeros((64, 96, 3), np.uint8)
    padded, crop = pad_to_multiple(pixels, 32)
    assert padded is pixels
    assert crop == (0, 0, 64, 96)


def test_an_empty_picture_is_refused():
    with pytest.raises(UsageError, match="empty"):
        pad_to_multiple(np.zeros((0, 5, 3), np.uint8), 8)


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(1, 4000))
def test_fitting_keeps_the_aspect_ratio(height, width, size):
    for which, side in (("long", max), ("short", min)):
        new_height, new_width = fit_size(height, width, size, which)
        assert side(new_height, new_width) == size
        if min(new_height, new_width) > 1:
            assert new_height / size == pytest.approx(height / side(height, width), abs=0.5 / size + 1e-9)
            assert new_width / size == pytest.approx(width / side(height, width), abs=0.5 / size + 1e-9)


def test_fitting_never_yields_zero():
    assert fit_size(1, 5000, 100) == (1, 100)
    with pytest.raises(UsageError, match="at least 1"):
        fit_size(10, 10, 0)


@pytest.mark.parametrize("size", [(64, 48), (700, 900), (1, 1), (1, 500), (500, 1)])
def test_resizing_gives_the_size(size):
    resized = resize(data.astronaut(), *size)
    assert resized.shape == (*size, 3)
    assert resized.dtype == np.uint8
    assert resized.flags.writeable


@pytest.mark.parametrize("size", [(20, 20), (64, 48), (700, 900)])
def test_resizing_keeps_the_mean(size):
    resized = resize(data.astronaut(), *size)
    np.testing.assert_allclose(resized.mean(axis=(0, 1)), data.astronaut().mean(axis=(0, 1)), atol=2)


def test_shrinking_does_not_alias():
    stripes = np.zeros((512, 512), np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(resize(stripes, 100, 100)[5:-5, 5:-5].astype(int)) <= 4


def test_resizing_takes_one_channel_and_views():
    view = data.astronaut()[::-1, ::2]
    np.testing.assert_array_equal(resize(view, 50, 50), resize(view.copy(), 50, 50))
    assert resize(view[..., 0], 30, 20).shape == (30, 20)


def test_the_same_size_is_the_same_array():
    pixels = data.astronaut()
    assert resize(pixels, 512, 512) is pixels
