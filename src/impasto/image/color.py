"""Colour in plain numpy: statistics, the optimal recolouring of one palette to another, keeping a photo's colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from impasto.errors import UsageError

__all__ = ["apply_affine", "color_statistics", "monge_kantorovich", "preserve_luminance_color"]

MAX_SAMPLES = 65_536
REGULARIZATION = 1e-3
MAX_STRETCH = 4.0
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as in YIQ and JPEG


def color_statistics(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance of a picture's colours.

    At most 65,536 pixels on a regular grid are looked at, which tells both to about three digits.

    Args:
        pixels: uint8 h×w×3, sRGB.

    Returns:
        mean float64[3] and covariance float64[3, 3] of the values scaled to [0, 1]; a single pixel's covariance is 0.
    """
    height, width = pixels.shape[:2]
    stride = max(1, math.isqrt(height * width // MAX_SAMPLES))
    while math.ceil(height / stride) * math.ceil(width / stride) > MAX_SAMPLES:
        stride += 1
    samples = pixels[::stride, ::stride].reshape(-1, 3).astype(np.float64) / 255
    mean = samples.mean(axis=0)
    centred = samples - mean
    return mean, centred.T @ centred / len(samples)


def monge_kantorovich(
    mean: NDArray[np.floating],
    covariance: NDArray[np.floating],
    target_mean: NDArray[np.floating],
    target_covariance: NDArray[np.floating],
) -> NDArray[np.float32]:
    """The affine recolouring that moves colours least while giving them the target's mean and covariance.

    It is the optimal transport map between two Gaussians (Pitié & Kokaram 2007, "The linear Monge-Kantorovitch linear
    colour mapping for example-based colour transfer"), with Σ the picture's and Σ' the target's covariance::

        T = Σ^-1/2 (Σ^1/2 Σ' Σ^1/2)^1/2 Σ^-1/2,    x ↦ T (x - μ) + μ'

    We depart from the paper in two ways: 1e-3 I is added to both covariances, so that flat pictures have a map at all,
    and T's eigenvalues are limited to [0, 4], so that a nearly grey photo's noise is not blown up into colour.

    Args:
        mean, target_mean: float[..., 3].
        covariance, target_covariance: float[..., 3, 3], symmetric; leading dimensions broadcast.

    Returns:
        float32[..., 3, 4], the matrix ``[T | μ' - T μ]`` for :func:`apply_affine`; the identity for equal statistics.
    """
    ridge = REGULARIZATION * np.eye(3)
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


def preserve_luminance_color(pastiche: NDArray[np.uint8], content: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pastiche's strokes in the photo's colours: luminance from the pastiche, chroma from the content.

    This is the luminance-only transfer of Gatys et al. 2016 ("Preserving Color in Neural Artistic Style Transfer")
    in the same space, YIQ: of gamma-coded sRGB, Y is a fair measure of lightness and the rest, x - Y,
    is chroma. We depart from it where the two do not fit into the gamut together: instead of clipping channels, which
    shifts hue and lightness, the pixel's chroma is shrunk until they do, so both stay exact.

    Args:
        pastiche: uint8 h×w×3, sRGB.
        content: uint8 of the same shape.

    Returns:
        uint8 h×w×3.
    """
    if pastiche.shape != content.shape:
        raise UsageError(f"pastiche {pastiche.shape} and content {content.shape} must have the same shape")
    luma = pastiche.astype(np.float32) @ LUMA
    chroma = content.astype(np.float32)
    chroma -= (chroma @ LUMA)[..., None]
    # Room above over highest chroma, room below over lowest; adding a tiny number only guards grey pixels' 0 / 0.
    highest = np.maximum(np.maximum(chroma[..., 0], chroma[..., 1]), chroma[..., 2])
    lowest = np.minimum(np.minimum(chroma[..., 0], chroma[..., 1]), chroma[..., 2])
    share = np.minimum((255 - luma) / (highest + 1e-6), luma / (1e-6 - lowest))
    chroma *= np.clip(share, 0, 1)[..., None]
    chroma += luma[..., None]
    # Truncating x + 0.5 rounds; rounding errors of float32 are far below the half that would overflow 255.
    chroma += 0.5
    return chroma.astype(np.uint8)


def _from_eigen(values: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """V diag(values) Vᵀ."""
    return (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2)
