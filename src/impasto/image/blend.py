"""Pictures laid over each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impasto.image.levels import Depth

__all__ = ["blend", "lerp"]

_ROWS = 256  # worked on at once


def lerp(one: NDArray[Depth], other: NDArray[Depth], share: float) -> NDArray[Depth]:
    """``(1 - share) · one + share · other``, rounded: of their shape and type, and exactly either at 0 and 1."""
    mixed = one.astype(np.float32)
    mixed += np.float32(share) * (other.astype(np.float32) - mixed)
    return np.rint(mixed).astype(one.dtype)


def blend(base: NDArray[Depth], layers: Sequence[tuple[NDArray[Depth], NDArray[np.float32]]]) -> NDArray[Depth]:
    """Lay pictures over a base, each as far as its weight says.

    Where the weights sum to more than 1 they are divided by their sum.

    Args:
        base: uint8 or uint16 h×w×3, which shows with what is left of 1.
        layers: pictures of the same shape and type, and weights, float32 h×w in [0, 1]. Order makes no difference.

    Returns:
        The same type. Where one weight is 1 and the others are 0 it is that picture exactly; where all are 0, the base.
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
