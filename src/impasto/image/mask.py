"""Soft masks: which part of a photo is meant, and how much."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from impasto.errors import ImageError
from impasto.image.io import MAX_PIXELS, read_picture

__all__ = ["LUMA", "feathered", "fit_mask", "read_mask"]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601; of a grey picture its very values
BLURS = 3  # box blurs in a row, which are nearly a Gaussian but end where they should


def read_mask(source: Path | str | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.float32]:
    """Read a mask from any picture: its transparency if part of it is transparent, else how light it is.

    Args:
        source, max_pixels: as :func:`impasto.image.io.read_picture` takes them.

    Returns:
        float32 h×w: 0 where the picture is black (or transparent), 1 where it is white (or opaque).

    Raises:
        ImageError: the file cannot be read as a picture; see :func:`impasto.image.io.read_picture`.
    """
    picture = read_picture(source, max_pixels=max_pixels)
    if picture.alpha is not None and picture.alpha.min() < 255:
        return picture.alpha.astype(np.float32) / np.float32(255)
    grey: NDArray[np.float32] = np.rint(picture.pixels.astype(np.float32) @ LUMA)
    return grey / np.float32(255)


def fit_mask(mask: ArrayLike, height: int, width: int, feather: int = 0) -> NDArray[np.float32]:
    """A mask in the size of a picture, whatever its own size and shape, with soft edges if asked for.

    Args:
        mask: h×w, float in [0, 1], uint8 from 0 to 255, or bool. It is resampled bilinearly, which never overshoots.
        height, width, feather: pixels; see :func:`feathered`.

    Returns:
        float32 height×width in [0, 1].

    Raises:
        ImageError: the array is no mask.
    """
    values = np.asarray(mask)
    if values.ndim != 2 or values.size == 0 or (values.dtype.kind not in "fb" and values.dtype != np.uint8):
        raise ImageError(
            f"the mask has shape {values.shape} and type {values.dtype}, expected height×width of floats from 0 to 1, "
            "of uint8 or of bool"
        )
    weights = values.astype(np.float32) / np.float32(255 if values.dtype == np.uint8 else 1)
    # Written so that it is false for what is not a number.
    if not (weights.min() >= 0 and weights.max() <= 1):
        raise ImageError(
            f"the mask holds values from {weights.min():g} to {weights.max():g}, expected floats from 0 to 1"
        )
    if weights.shape != (height, width):
        image = Image.fromarray(weights).resize((width, height), Image.Resampling.BILINEAR)
        weights = np.clip(np.asarray(image, dtype=np.float32), 0, 1)
    return feathered(weights, feather)


def feathered(mask: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """A mask whose edges fade over ``radius`` pixels to either side; beyond that it is unchanged.

    Args:
        mask: float32 h×w in [0, 1].
        radius: pixels; at 0 the mask is left as it is.

    Returns:
        float32 h×w in [0, 1].
    """
    for blur in range(BLURS):
        reach = (radius + blur) // BLURS  # the three add up to the radius
        if reach:
            mask = _box_blur(_box_blur(mask, reach).T, reach).T
    return mask


def _box_blur(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """The mean of each value and ``reach`` neighbours at either side, down the first axis; the border is repeated."""
    padded = np.pad(values, ((reach + 1, reach), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.float64)
    means = (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)
    return np.clip(means, 0, 1).astype(np.float32)
