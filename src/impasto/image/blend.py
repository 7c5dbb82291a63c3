"""Pictures laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["blend", "lerp"]

Pixels: TypeAlias = NDArray[np.uint8]
_ROWS = 256  # worked on at once


def lerp(one: Pixels, other: Pixels, share: float) -> Pixels:
    """``(1 - share) · one + share · other``, rounded: uint8 of the pictures' shape, and exactly either at 0 and 1."""
    mixed = one.astype(np.float32)
    mixed += np.float32(share) * (other.astype(np.float32) - mixed)
    return np.rint(mixed).astype(np.uint8)


def blend(base: Pixels, layers: Sequence[tuple[Pixels, NDArray[np.float32]]]) -> Pixels:
    """Lay pictures over a base, each as far as its weight says.

    Where the weights sum to more than 1 they are divided by their sum.

    Args:
        base: uint8 h×w×3, which shows with what is left of 1.
        layers: pictures of the same shape and their weights, float32 h×w in [0, 1]. Their order makes no difference.

    Returns:
        uint8 h×w×3. Where one weight is 1 and the others are 0 it is that picture exactly; where all are 0, the base.
    """
    result = np.empty_like(base)
    for top in range(0, base.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        weights = [weight[rows, :, None] for _, weight in layers]
        total = np.zeros((*base[rows].shape[:2], 1), np.float32)
        for weight in weights:
            total += weight
        mixed = np.maximum(1 - total, 0) * base[rows]
        for (picture, _), weight in zip(layers, weights, strict=True):
            mixed += weight / np.maximum(total, 1) * picture[rows]
        result[rows] = np.rint(mixed)
    return result
