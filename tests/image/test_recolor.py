"""Each way to keep a photo's colours reaches its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color, data

from impasto.errors import UsageError
from impasto.image.color import apply_affine
from impasto.image.oklab import from_oklab, into_gamut, to_oklab
from impasto.image.recolor import (
    RECOLORINGS,
    adjust,
    greyed,
    linear_map,
    match_histogram,
    match_linear,
    with_chroma,
    with_hue,
)

seeds = st.integers(0, 2**32 - 1)
PHOTO, PASTICHE = data.astronaut()[::3, ::3], data.coffee()[:171, :171]


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def lab(pixels):
    return to_oklab(pixels / 255)


class TestOklab:
    def test_its_corners_are_ottossons(self):
        """From the table of pairs that he publishes for checking; D65 XYZ is turned to sRGB by scikit-image."""
        xyz = np.array([[0.950, 1.000, 1.089]])
        assert to_oklab(np.clip(color.xyz2rgb(xyz), 0, 1)) == pytest.approx(np.array([[1.0, 0.0, 0.0]]), abs=2e-3)
        assert to_oklab(np.array([[1.0, 0, 0]])) == pytest.approx(np.array([[0.62796, 0.22486, 0.12585]]), abs=1e-4)
        assert to_oklab(np.array([[0, 0, 1.0]])) == pytest.approx(np.array([[0.45201, -0.03246, -0.31153]]), abs=1e-4)

    @settings(deadline=None)
    @given(seeds)
    def test_there_and_back(self, seed):
        pixels = noise(seed, 6, 5)
        assert np.abs(from_oklab(lab(pixels)) * 255 - pixels).max() < 0.05

    def test_grey_is_grey_and_lightness_has_its_order(self):
        greys = lab(np.repeat(np.arange(256)[:, None], 3, axis=1))
        assert np.abs(greys[:, 1:]).max() < 1e-4
        assert (np.diff(greys[:, 0]) > 0).all()

    def test_what_is_in_the_gamut_stays_and_the_rest_is_as_near_as_can_be(self):
        inside = lab(noise(1, 9, 9))
        assert np.array_equal(into_gamut(inside, inside), inside)
        wanted = np.array([[0.6, 0.9, 0.0]], np.float32)
        reached = into_gamut(wanted, np.array([[0.6, 0.0, 0.0]], np.float32))
        assert reached[0, 0] == pytest.approx(0.6)
        assert 0.2 < reached[0, 1] < 0.3
        channels = from_oklab(reached)
        assert channels.max() > 0.99 or channels.min() < 0.01, "at the border"


class TestLuminance:
    def test_chroma_and_hue_are_the_photos_exactly(self):
        """Before rounding, at every pixel, in and out of the gamut; lightness lies between the two pictures'."""
        photo, painted = lab(noise(2, 60, 60)), lab(noise(3, 60, 60))
        wanted = photo.copy()
        wanted[..., 0] = painted[..., 0]
        result = to_oklab(from_oklab(into_gamut(wanted, photo)))
        # Near black the tolerance of the gamut's border weighs most.
        assert np.abs(result[..., 1:] - photo[..., 1:]).max() < 4e-3
        assert np.abs(result[..., 1:] - photo[..., 1:]).mean() < 2e-5
        low, high = np.minimum(photo, painted)[..., 0], np.maximum(photo, painted)[..., 0]
        assert (result[..., 0] > low - 4e-3).all()
        assert (result[..., 0] < high + 4e-3).all()

    def test_rounding_is_all_that_separates_eight_bits_from_it(self):
        result = with_chroma(PASTICHE, PHOTO)
        wanted = lab(PHOTO)
        wanted[..., 0] = lab(PASTICHE)[..., 0]
        exact = from_oklab(into_gamut(wanted, lab(PHOTO))) * 255
        assert np.abs(result - exact).max() <= 0.51

    def test_lightness_is_the_pastiches_wherever_there_is_such_a_colour(self):
        grey = np.repeat(PHOTO.mean(-1, keepdims=True), 3, axis=-1).astype(np.uint8)
        result = lab(with_chroma(PASTICHE, grey))
        # A step of 8 bits is a larger part of lightness where it is dark.
        assert np.abs(result - lab(PASTICHE))[..., 0][PASTICHE.min(-1) > 30].max() < 5e-3
        assert np.abs(result[..., 1:]).max() < 0.02

    @settings(deadline=None)
    @given(seeds)
    def test_the_photo_is_a_fixed_point(self, seed):
        photo = noise(seed, 5, 7)
        assert np.abs(with_chroma(photo, photo).astype(int) - photo).max() <= 1


class TestHue:
    def test_hue_is_the_photos_and_lightness_the_pastiches(self):
        result, photo, painted = lab(with_hue(PASTICHE, PHOTO)), lab(PHOTO), lab(PASTICHE)
        colorful = (np.hypot(*np.moveaxis(result[..., 1:], -1, 0)) > 0.05) & (result[..., 0] > 0.4)
        colorful &= np.hypot(*np.moveaxis(photo[..., 1:], -1, 0)) > 0.03
        assert colorful.mean() > 0.1
        angles = [np.arctan2(one[..., 2], one[..., 1])[colorful] for one in (result, photo)]
        turned = np.abs((angles[0] - angles[1] + np.pi) % (2 * np.pi) - np.pi)
        assert turned.max() < 0.12
        assert turned.mean() < 0.01
        assert np.abs(result - painted)[..., 0][PASTICHE.min(-1) > 30].max() < 6e-3

    def test_grey_stays_grey_instead_of_showing_the_hue_of_noise(self):
        grey = np.clip(noise(4, 50, 50) // 128 + 127, 0, 255).astype(np.uint8)
        assert np.ptp(with_hue(PASTICHE[:50, :50], grey).astype(int), axis=-1).max() < 40
        flat = np.full((50, 50, 3), 127, np.uint8)
        assert np.ptp(with_hue(PASTICHE[:50, :50], flat).astype(int), axis=-1).max() <= 1


class TestHistogram:
    def test_every_channel_has_the_photos_distribution_exactly(self):
        matched = match_histogram(PASTICHE, PHOTO)
        for channel in range(3):
            assert np.array_equal(np.sort(matched[..., channel].ravel()), np.sort(PHOTO[..., channel].ravel()))

    def test_of_pictures_of_other_sizes_the_quantiles_agree(self):
        reference = data.chelsea()
        matched = match_histogram(PASTICHE, reference)
        shares = np.linspace(0.01, 0.99, 25)
        for channel in range(3):
            one, other = (np.quantile(picture[..., channel], shares) for picture in (matched, reference))
            assert np.abs(one - other).max() <= 1

    def test_order_is_kept_and_the_picture_itself_is_a_fixed_point(self):
        matched = match_histogram(PASTICHE, PHOTO)
        before, after = PASTICHE[..., 0].ravel().astype(int), matched[..., 0].ravel().astype(int)
        order = np.argsort(before, kind="stable")
        brightest = np.maximum.accumulate(after[order])
        firsts = np.flatnonzero(np.diff(before[order])) + 1
        assert (after[order][firsts] >= brightest[firsts - 1]).all()
        assert np.array_equal(match_histogram(PHOTO, PHOTO), PHOTO)

    def test_flat_pictures(self):
        flat = np.full((8, 9, 3), 77, np.uint8)
        assert (match_histogram(PASTICHE[:8, :9], flat) == 77).all()
        assert match_histogram(flat, PHOTO).shape == flat.shape


class TestLinear:
    def test_mean_and_covariance_are_the_photos(self):
        matrix = linear_map(PASTICHE, PHOTO)
        recolored = apply_affine(PASTICHE / 255, matrix).reshape(-1, 3).astype(np.float64)
        wanted = PHOTO.reshape(-1, 3) / 255
        assert recolored.mean(0) == pytest.approx(wanted.mean(0), abs=1e-5)
        assert np.cov(recolored.T, bias=True) == pytest.approx(np.cov(wanted.T, bias=True), abs=1e-5)

    def test_the_picture_is_that_map_clipped_to_what_can_be_shown(self):
        exact = apply_affine(PASTICHE / 255, linear_map(PASTICHE, PHOTO)) * 255
        assert np.abs(match_linear(PASTICHE, PHOTO) - np.clip(exact, 0, 255)).max() <= 0.51

    def test_the_picture_itself_is_a_fixed_point(self):
        assert np.array_equal(match_linear(PHOTO, PHOTO), PHOTO)


class TestAdjusting:
    def test_nothing_asked_nothing_done(self):
        assert adjust(PHOTO) is PHOTO

    def test_no_saturation_is_grey_of_the_same_lightness(self):
        grey = greyed(PHOTO)
        assert np.ptp(grey.astype(int), axis=-1).max() <= 1
        assert np.abs(lab(grey) - lab(PHOTO))[..., 0][PHOTO.min(-1) > 30].max() < 5e-3

    @settings(deadline=None)
    @given(st.floats(0, 4))
    def test_colourfulness_grows_with_saturation_and_never_shifts_lightness(self, factor):
        photo = PHOTO[::4, ::4]
        chroma = [np.hypot(*np.moveaxis(lab(one)[..., 1:], -1, 0)).mean() for one in (adjust(photo, factor), photo)]
        assert (chroma[0] <= chroma[1] + 1e-3) if factor <= 1 else (chroma[0] >= chroma[1] - 1e-3)
        assert np.abs(lab(adjust(photo, factor)) - lab(photo))[..., 0][photo.min(-1) > 30].max() < 8e-3

    def test_brightness_keeps_black_and_white(self):
        ends = np.array([[[0, 0, 0], [255, 255, 255], [100, 100, 100]]], np.uint8)
        for brightness in (0.25, 0.5, 2, 4):
            adjusted = adjust(ends, 1, brightness)
            assert np.array_equal(adjusted[0, :2], ends[0, :2])
            assert (adjusted[0, 2] > 100).all() == (brightness > 1)


@pytest.mark.parametrize("recolor", RECOLORINGS.values())
def test_arguments_are_left_alone_and_odd_pictures_are_taken(recolor):
    before = PASTICHE.copy(), PHOTO.copy()
    assert recolor(PASTICHE, PHOTO).dtype == np.uint8
    assert np.array_equal(before[0], PASTICHE)
    assert np.array_equal(before[1], PHOTO)
    corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255]), np.uint8).reshape(3, -1).T
    assert recolor(np.repeat(corners[:, None], 8, 1), np.repeat(corners[None], 8, 0)).shape == (8, 8, 3)
    for shape in ((1, 1), (1, 9), (300, 1)):
        assert recolor(noise(5, *shape), noise(6, *shape)).shape == (*shape, 3)


@pytest.mark.parametrize("recolor", [with_chroma, with_hue])
def test_shapes_must_match(recolor):
    with pytest.raises(UsageError, match="same shape"):
        recolor(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8))


def test_a_large_picture_is_worked_on_by_parts(monkeypatch):
    whole = with_chroma(PASTICHE, PHOTO)
    monkeypatch.setattr("impasto.image.recolor._BLOCK", 500)
    assert np.array_equal(with_chroma(PASTICHE, PHOTO), whole)
