"""How a model looks at a style picture: the size at which it does, and what it sees of it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impasto.errors import UsageError
from impasto.image.resize import centre_square, fit_size, pad_to_multiple, resize
from impasto.inference.checks import check_number
from impasto.weights.manifest import Manifest

__all__ = ["style_view"]

MIN_SIDE, MAX_SIDE = 32, 4096
MAX_ASPECT = 8

Picture = NDArray[np.uint8]


def style_view(picture: Picture, manifest: Manifest, size: int | None = None) -> Picture:
    """The picture as the model sees it, uint8 h×w×3.

    Args:
        picture: uint8 h×w×3, of any size.
        size: of the side that the model's manifest names, in pixels; the model's own unless given.

    Raises:
        UsageError: the size is out of range, or the model sees styles at one size only.
    """
    side = manifest.style_size if size is None else size
    check_number("the style's size", side, MIN_SIDE, MAX_SIDE)
    if manifest.style_side == "square":
        return _square(picture, manifest, side)
    height, width = _shape(picture.shape[0], picture.shape[1], manifest, side)
    small, _ = pad_to_multiple(resize(picture, height, width), 1, MIN_SIDE)
    return small


def _shape(height: int, width: int, manifest: Manifest, side: int) -> tuple[int, int]:
    which: Literal["long", "short"] = "short" if manifest.style_side == "short" else "long"
    shape = fit_size(height, width, side, which)
    # A ribbon's short side cannot be enlarged to the usual size within reason.
    longest = MAX_ASPECT * side
    return shape if max(shape) <= longest else fit_size(height, width, longest)


def _square(picture: Picture, manifest: Manifest, side: int) -> Picture:
    if side != manifest.style_size:
        raise UsageError(
            f"the style's size is {side}, but the model {manifest.name!r} sees styles at {manifest.style_size} pixels "
            "only; leave it out"
        )
    return resize(centre_square(picture), side, side)
