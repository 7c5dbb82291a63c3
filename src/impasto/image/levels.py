"""How many levels a picture's channels have: 256 for screens, 65,536 for print. Its dtype says which."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Depth", "Pixels", "full_scale", "quantized", "to_8_bits"]

# What takes a picture of one depth gives one of the same.
Depth = TypeVar("Depth", bound=np.unsignedinteger[Any])
Pixels: TypeAlias = NDArray[np.uint8]  # h×w×3, sRGB


def full_scale(pixels: NDArray[Any]) -> int:
    """The value of white: 255 or 65,535."""
    return int(np.iinfo(pixels.dtype).max)


def quantized(values: NDArray[np.floating], dtype: np.dtype[Depth]) -> NDArray[Depth]:
    """The nearest levels to values that are on the dtype's own scale; those beyond it are clipped."""
    levels: NDArray[Depth] = np.rint(np.clip(values, 0, np.iinfo(dtype).max)).astype(dtype)
    return levels


def to_8_bits(values: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    """The nearest of 256 levels; the very same array if it has no more."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    return np.rint(values / np.float32(257)).astype(np.uint8)
