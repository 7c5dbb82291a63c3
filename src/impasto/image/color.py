"""Colour in plain numpy: statistics, and the optimal recolouring of one palette to another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from impasto.image.levels import full_scale
from impasto.image.regions import Regions

__all__ = ["apply_affine", "color_statistics", "monge_kantorovich"]

MAX_SAMPLES = 65_536
REGULARIZATION = 2e-5  # of a variance: about one level of 255, so what has no colour leaves none
MAX_STRETCH = 4.0


def color_statistics(pixels: Regions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance of a picture's colours.

    At most 65,536 pixels on a regular grid are looked at, which tells both to about three digits.

    Args:
        pixels: uint8 or uint16 h×w×3, sRGB.

    Returns:
        mean float64[3] and covariance float64[3, 3] of the values scaled to [0, 1]; a single pixel's covariance is 0.
    """
    height, width = pixels.shape[:2]
    stride = max(1, math.isqrt(height * width // MAX_SAMPLES))
    while math.ceil(height / stride) * math.ceil(width / stride) > MAX_SAMPLES:
        stride += 1
    seen = pixels[::stride, ::stride].reshape(-1, 3)
    samples = seen.astype(np.float64) / full_scale(seen)
    mean = samples.mean(axis=0)
    centred = samples - mean
    return mean, centred.T @ centred / len(samples)


def monge_kantorovich(
    mean: NDArray[np.floating],
    covariance: NDArray[np.floating],
    target_mean: NDArray[np.floating],
    target_covariance: NDArray[np.floating],
    *,
    regularization: float = REGULARIZATION,
) -> NDArray[np.float32]:
    """The affine recolouring that moves colours least while giving them the target's mean and covariance.

    It is the optimal transport map between two Gaussians (Pitié & Kokaram 2007, "The linear Monge-Kantorovitch linear
    colour mapping for example-based colour transfer"), with Σ the picture's and Σ' the target's covariance::

        T = Σ^-1/2 (Σ^1/2 Σ' Σ^1/2)^1/2 Σ^-1/2,    x ↦ T (x - μ) + μ'

    We depart from the paper in two ways: a small multiple of I is added to both covariances, so that flat pictures have
    a map at all, and T's eigenvalues are limited to [0, 4], so that a nearly grey photo's noise is not blown up into
    colour.

    Args:
        mean, target_mean: float[..., 3].
        covariance, target_covariance: float[..., 3, 3], symmetric; leading dimensions broadcast.
        regularization: that multiple; the networks are trained with the default. It is small, because a drawing
            without colour keeps the photo's in the proportion that it adds to the drawing.

    Returns:
        float32[..., 3, 4], the matrix ``[T | μ' - T μ]`` for :func:`apply_affine`; the identity for equal statistics.
    """
    ridge = regularization * np.eye(3)
    source = np.asarray(covariance, dtype=np.float64) + ridge
    target = np.asarray(target_covariance, dtype=np.float64) + ridge
    values, vectors = np.linalg.eigh(source)
    root = _from_eigen(np.sqrt(values), vectors)
    inverse_root = _from_eigen(1 / np.sqrt(values), vectors)
    # Rounding may push a zero eigenvalue below zero, hence the maximum.
    values, vectors = np.linalg.eigh(root @ target @ root)
    transport = inverse_root @ _from_eigen(np.sqrt(np.maximum(values, 0)), vectors) @ inverse_root
    values, vectors = np.linalg.eigh((transport + np.swapaxes(transport, -1, -2)) / 2)
    transport = _from_eigen(np.clip(values, 0, MAX_STRETCH), vectors)
    moved = np.squeeze(transport @ np.asarray(mean, dtype=np.float64)[..., None], axis=-1)
    offset = np.asarray(target_mean, dtype=np.float64) - moved
    return np.concatenate([transport, offset[..., None]], axis=-1).astype(np.float32)


def apply_affine(pixels: NDArray[np.floating], matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Recolour every pixel: ``matrix[:, :3] @ x + matrix[:, 3]``. The result is not clipped.

    Args:
        pixels: float[..., 3], in the units the matrix was made for ([0, 1] for :func:`monge_kantorovich`).
        matrix: float[3, 4].

    Returns:
        float32[..., 3].
    """
    values = np.asarray(pixels, dtype=np.float32)
    affine = np.asarray(matrix, dtype=np.float32)
    return values @ affine[:, :3].T + affine[:, 3]


def _from_eigen(values: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """V diag(values) Vᵀ."""
    return (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2)
