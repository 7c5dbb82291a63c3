"""Sizes: fitting, resampling, and padding to what a network can take."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import UsageError
from impasto.image.levels import Depth, quantized

__all__ = ["Crop", "centre_square", "crop_back", "fit_area", "fit_size", "pad_to_multiple", "padding", "resize"]


class Crop(NamedTuple):
    """Where a picture lies inside its padded copy, in pixels."""

    top: int
    left: int
    height: int
    width: int


def centre_square(pixels: NDArray[Depth]) -> NDArray[Depth]:
    """A view of the largest square in the middle of a picture (h w c)."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    return pixels[top : top + short, left : left + short]


def fit_size(height: int, width: int, size: int, which: Literal["long", "short"] = "long") -> tuple[int, int]:
    """The height and width, in pixels, that keep the aspect ratio and make the long (or short) side ``size``.

    It enlarges as well as shrinks, and neither side becomes less than 1.
    """
    if size < 1:
        raise UsageError(f"the size {size} is too small; give at least 1 pixel")
    side = max(height, width) if which == "long" else min(height, width)
    return max(1, round(height * size / side)), max(1, round(width * size / side))


def fit_area(height: int, width: int, area: float) -> tuple[int, int]:
    """The height and width, in pixels, that keep the aspect ratio and cover at most about ``area``; never enlarged."""
    factor = min(1.0, math.sqrt(area / (height * width)))
    return max(1, round(height * factor)), max(1, round(width * factor))


def resize(pixels: NDArray[Depth], height: int, width: int) -> NDArray[Depth]:
    """Resample by Lanczos' windowed sinc, whose support grows when shrinking, so that nothing aliases.

    Args:
        pixels: uint8 or uint16 h×w×3, or h×w for an alpha channel or a mask.
        height, width: the new size in pixels.

    Returns:
        the picture in the new size, of the same type; the very same array if that is its size already.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    # Shrinking by more than 3 first averages whole blocks, which costs a fraction and cannot be seen.
    options: dict[str, Any] = {"size": (width, height), "resample": Image.Resampling.LANCZOS, "reducing_gap": 3.0}
    if pixels.dtype == np.uint8:
        return np.array(Image.fromarray(pixels).resize(**options), pixels.dtype)
    # Pillow knows no colours of 16 bits, but floats of one channel.
    channels = pixels[..., None] if pixels.ndim == 2 else pixels
    floats = [
        Image.fromarray(channels[..., one].astype(np.float32)).resize(**options) for one in range(channels.shape[2])
    ]
    return quantized(np.stack([np.asarray(one) for one in floats], axis=-1), pixels.dtype).reshape(
        height, width, *pixels.shape[2:]
    )


def pad_to_multiple(pixels: NDArray[Depth], multiple: int, minimum: int = 1) -> tuple[NDArray[Depth], Crop]:
    """Pad evenly around, by reflection, until both sides are multiples of ``multiple`` and at least ``minimum``.

    Reflection leaves no seam for a network to turn into a halo. Where the padding is wider than the picture it is
    reflected to and fro; a side of a single pixel is repeated.

    Args:
        pixels: uint8 or uint16, h×w or h×w×channels, of any size from 1×1.
        multiple, minimum: pixels; the minimum is rounded up to a multiple.

    Returns:
        the padded picture (a copy only if padding was needed) and the crop for :func:`crop_back`.
    """
    height, width = pixels.shape[:2]
    if height == 0 or width == 0:
        raise UsageError(f"the picture of {height}×{width} pixels is empty; give at least 1×1")
    (top, bottom), (left, right) = (padding(side, multiple, minimum) for side in (height, width))
    crop = Crop(top, left, height, width)
    if top == bottom == left == right == 0:
        return pixels, crop
    channels = [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, [(top, bottom), (left, right), *channels], mode="reflect"), crop


def crop_back(pixels: NDArray[Depth], crop: Crop) -> NDArray[Depth]:
    """Undo :func:`pad_to_multiple`: a view of the part that the picture fills."""
    return pixels[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]


def padding(side: int, multiple: int, minimum: int) -> tuple[int, int]:
    """By how many pixels :func:`pad_to_multiple` pads a side at its two ends."""
    missing = -(-max(side, minimum) // multiple) * multiple - side
    return missing // 2, missing - missing // 2
