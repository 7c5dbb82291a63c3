"""What of a picture can be seen: colours under transparency are nobody's business, least of all a network's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.image.levels import Depth, full_scale, quantized

__all__ = ["SEEN", "visible_only"]

SEEN = 0.1  # opacity from which on a colour is taken as it is; below, ever less of it is
_ROWS = 256  # worked on at once, which keeps the indices small beside the picture


def visible_only(pixels: NDArray[Depth], alpha: NDArray[Any] | None) -> NDArray[Depth]:
    """The picture with every colour that cannot be seen replaced by those that can.

    What is hidden mirrors what is seen beside it: along its row, at the edge of the nearest stretch that is seen, as a
    picture is mirrored at its border before it is painted; rows in which nothing is seen mirror other rows. So whatever
    is measured of the result, by statistics or by a network, is measured of visible pixels, and nothing bleeds over
    the cut. A picture of which nothing is seen becomes grey.

    Args:
        pixels: uint8 or uint16 h×w×3.
        alpha: h×w of the same type; None if all is seen.

    Returns:
        of the same type; the very same array if every pixel is opaque enough.
    """
    if alpha is None:
        return pixels
    top = full_scale(alpha)
    share = np.minimum(alpha.astype(np.float32) / np.float32(SEEN * top), 1)
    seen = share >= 1
    if seen.all():
        return pixels
    if not seen.any():  # then the most opaque there are
        seen = alpha == alpha.max()
        if alpha.max() == 0:
            return np.full_like(pixels, (full_scale(pixels) + 1) // 2)
    filled = pixels.copy()
    lines = seen.any(axis=1)
    for begin in range(0, len(pixels), _ROWS):
        rows = slice(begin, begin + _ROWS)
        part = np.where(lines[rows, None], _mirrored(seen[rows]), 0)
        filled[rows] = np.take_along_axis(pixels[rows], part[..., None], axis=1)
    if not lines.all():
        filled = filled[_mirrored(lines[None])[0]]
    if alpha.dtype == pixels.dtype and not np.isin(share, (0, 1)).all():
        weight = share[..., None]
        mixed = filled + weight * (pixels.astype(np.float32) - filled)
        return quantized(mixed, pixels.dtype)
    return np.where(share[..., None] > 0, pixels, filled)


def _mirrored(seen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each place along the last axis, the place whose colour it takes: its own where that is seen."""
    count = seen.shape[-1]
    places = np.arange(count)
    before = np.maximum.accumulate(np.where(seen, places, -1), axis=-1)
    after = np.flip(np.minimum.accumulate(np.flip(np.where(seen, places, count), -1), axis=-1), -1)
    left = (after >= count) | ((before >= 0) & (places - before <= after - places))
    edge = np.where(left, before, after).clip(0, count - 1)
    # How long the stretch of seen places is that ends, or begins, at the edge.
    hidden_before = np.maximum.accumulate(np.where(seen, -1, places), axis=-1)
    hidden_after = np.flip(np.minimum.accumulate(np.flip(np.where(seen, count, places), -1), axis=-1), -1)
    start = np.take_along_axis(hidden_before, edge, axis=-1)
    end = np.take_along_axis(hidden_after, edge, axis=-1)
    length = np.maximum(1, np.where(left, edge - start, end - edge))
    # To and fro within that stretch, the edge itself twice as at a mirror.
    step = (np.abs(places - edge) - 1) % (2 * length)
    step = np.minimum(step, 2 * length - 1 - step)
    mirrored: NDArray[np.intp] = np.where(seen, places, np.where(left, edge - step, edge + step))
    return mirrored
