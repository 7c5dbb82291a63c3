from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from impasto.image.color import REGULARIZATION, apply_affine, color_statistics, monge_kantorovich

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
    linear, ridge = matrix[:, :3], REGULARIZATION * np.eye(3)
    np.testing.assert_allclose(linear @ mean + matrix[:, 3], target_mean, atol=1e-5)
    np.testing.assert_allclose(linear @ (covariance + ridge) @ linear.T, target_covariance + ridge, atol=1e-5)
    np.testing.assert_allclose(linear, linear.T, atol=1e-6)


def test_a_drawing_without_colour_leaves_next_to_none():
    mean, covariance = color_statistics(data.astronaut())
    grey = 0.04 * np.ones((3, 3))  # of equal channels, so that nothing but lightness differs
    matrix = monge_kantorovich(mean, covariance, np.full(3, 0.5), grey)
    recolored = apply_affine(data.astronaut().astype(np.float32) / 255, matrix)
    chroma = [np.std(picture - picture.mean(-1, keepdims=True)) for picture in (recolored, data.astronaut() / 255)]
    assert chroma[0] < 0.1 * chroma[1]


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
