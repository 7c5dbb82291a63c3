from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from impasto.errors import UsageError
from impasto.image.color import apply_affine, color_statistics, monge_kantorovich, preserve_luminance_color

LUMA = np.array([0.299, 0.587, 0.114])
seeds = st.integers(0, 2**32 - 1)


def random_statistics(seed, *batch):
    rng = np.random.default_rng(seed)
    factor = rng.normal(0, 0.2, (*batch, 3, 3))
    return rng.uniform(0, 1, (*batch, 3)), factor @ np.swapaxes(factor, -1, -2) + 0.01 * np.eye(3)


def test_statistics_of_every_pixel_when_the_picture_is_small():
    pixels = data.astronaut()[:200, :300]
    mean, covariance = color_statistics(pixels)
    samples = pixels.reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, samples.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(samples.T, bias=True), atol=1e-12)


def test_statistics_of_a_large_picture_are_close_and_quick():
    pixels = data.astronaut().repeat(8, axis=0).repeat(8, axis=1)
    started = time.perf_counter()
    mean, covariance = color_statistics(pixels)
    assert time.perf_counter() - started < 0.5
    samples = data.astronaut().reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, samples.mean(axis=0), atol=2e-3)
    np.testing.assert_allclose(covariance, np.cov(samples.T), atol=2e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 200_000), (70_000, 1)])
def test_statistics_of_odd_shapes(shape):
    mean, covariance = color_statistics(np.full((*shape, 3), 51, np.uint8))
    np.testing.assert_allclose(mean, 0.2)
    np.testing.assert_allclose(covariance, 0, atol=1e-12)


@given(seeds)
def test_equal_statistics_give_the_identity(seed):
    mean, covariance = random_statistics(seed)
    matrix = monge_kantorovich(mean, covariance, mean, covariance)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix, np.eye(3, 4), atol=1e-5)


@given(seeds, seeds)
def test_the_map_reaches_the_target(seed, target_seed):
    mean, covariance = random_statistics(seed)
    target_mean, target_covariance = random_statistics(target_seed)
    target_covariance = target_covariance / 4  # keeps the stretch under its limit
    covariance = covariance + 0.03 * np.eye(3)
    matrix = monge_kantorovich(mean, covariance, target_mean, target_covariance).astype(np.float64)
    linear, ridge = matrix[:, :3], 1e-3 * np.eye(3)
    np.testing.assert_allclose(linear @ mean + matrix[:, 3], target_mean, atol=1e-5)
    np.testing.assert_allclose(linear @ (covariance + ridge) @ linear.T, target_covariance + ridge, atol=1e-5)
    np.testing.assert_allclose(linear, linear.T, atol=1e-6)


def test_recolouring_a_photo_gives_it_the_other_palette():
    photo, artwork = data.astronaut(), data.coffee()
    matrix = monge_kantorovich(*color_statistics(photo), *color_statistics(artwork))
    recolored = apply_affine(photo / 255, matrix)
    assert recolored.dtype == np.float32
    assert recolored.shape == photo.shape
    np.testing.assert_allclose(recolored.mean(axis=(0, 1)), artwork.mean(axis=(0, 1)) / 255, atol=0.01)
    np.testing.assert_allclose(np.cov(recolored.reshape(-1, 3).T), color_statistics(artwork)[1], atol=0.01)


def test_a_flat_photo_is_not_blown_up():
    mean, target_mean = np.full(3, 0.5), np.full(3, 0.3)
    matrix = monge_kantorovich(mean, np.zeros((3, 3)), target_mean, np.eye(3))
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix[:, :3]), 4, atol=1e-5)
    np.testing.assert_allclose(matrix @ [*mean, 1], target_mean, atol=1e-6)


@given(seeds)
def test_a_batch_equals_its_members(seed):
    one, other = random_statistics(seed, 2, 3), random_statistics(seed + 1, 2, 3)
    matrices = monge_kantorovich(*one, *other)
    assert matrices.shape == (2, 3, 3, 4)
    single = monge_kantorovich(one[0][1, 2], one[1][1, 2], other[0][1, 2], other[1][1, 2])
    np.testing.assert_allclose(matrices[1, 2], single, atol=1e-5)


def test_leading_dimensions_broadcast():
    assert monge_kantorovich(*random_statistics(0), *random_statistics(1, 5)).shape == (5, 3, 4)


@given(seeds)
def test_luminance_is_the_pastiches(seed):
    pastiche, content = np.random.default_rng(seed).integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
    painted = preserve_luminance_color(pastiche, content)
    np.testing.assert_allclose(painted @ LUMA, pastiche @ LUMA, atol=0.51)


def test_chroma_is_the_photos():
    content, pastiche = np.full((1, 1, 3), (140, 120, 100), np.uint8), np.full((1, 1, 3), (90, 90, 90), np.uint8)
    painted = preserve_luminance_color(pastiche, content).astype(float)
    np.testing.assert_allclose(painted - painted @ LUMA, content - content @ LUMA, atol=1)


def test_out_of_gamut_chroma_shrinks_without_changing_hue():
    content, pastiche = np.full((1, 1, 3), (255, 0, 0), np.uint8), np.full((1, 1, 3), 240, np.uint8)
    red, green, blue = preserve_luminance_color(pastiche, content)[0, 0].astype(int)
    assert red == 255
    assert green == blue < red


@given(seeds)
def test_the_photo_itself_and_grey_photos_are_fixed_points(seed):
    content = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(preserve_luminance_color(content, content), content)
    grey = np.repeat(content[..., :1], 3, axis=-1)
    painted = preserve_luminance_color(content, grey).astype(int)
    assert np.ptp(painted, axis=-1).max() <= 1


def test_black_white_and_extremes_stay_in_range():
    corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255]), np.uint8).reshape(3, -1).T
    pastiche, content = np.repeat(corners[:, None], 8, axis=1), np.repeat(corners[None], 8, axis=0)
    painted = preserve_luminance_color(pastiche, content)
    np.testing.assert_allclose(painted @ LUMA, pastiche @ LUMA, atol=0.51)


def test_keeping_colors_does_not_touch_its_arguments():
    content, pastiche = data.astronaut(), data.astronaut()[::-1].copy()
    before = content.copy(), pastiche.copy()
    preserve_luminance_color(pastiche, content)
    np.testing.assert_array_equal((content, pastiche), before)


def test_shapes_must_match():
    with pytest.raises(UsageError, match="same shape"):
        preserve_luminance_color(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8))
