"""Strokes of any size: painted coarse, then sharpened by the painter itself; or painted fine, then shrunk."""

from __future__ import annotations

import math

from numpy.typing import NDArray

from impasto.image.levels import Depth
from impasto.image.resize import resize
from impasto.inference.codes import Code
from impasto.inference.stylizer import Stylizer

__all__ = ["paint_in_strokes"]

OCTAVE_STRENGTH = 0.5  # of the pass that sharpens what was enlarged to twice its size


def paint_in_strokes(stylizer: Stylizer, photo: NDArray[Depth], code: Code, scale: float) -> NDArray[Depth]:
    """Paint a photo with strokes ``scale`` times as large as the model's own.

    A painter's strokes are so many pixels long, so a photo shrunk by ``scale`` gets strokes that are larger by it. What
    was painted small is enlarged in steps of at most 2, and after each step painted over with the same code at half
    strength (less for a smaller step): it turns soft edges into strokes' edges and adds nothing that is not there.
    Enlarging alone is blurred; adding the photo's or a full-size pastiche's detail draws the photo's texture over the
    strokes. Strokes smaller than the model's are painted on an enlarged photo, and the pastiche is shrunk.

    Args:
        photo: uint8 or uint16 h×w×3.
        code: float32[K + 12].
        scale: 1 paints as :meth:`Stylizer.stylize` does.

    Returns:
        The pastiche, as high and wide and of the same type.

    Raises:
        PictureTooLarge: strokes are to be so small that the enlarged photo would have too many pixels.
    """
    height, width = photo.shape[:2]
    pastiche = stylizer.stylize(_scaled(photo, height, width, scale), code)
    if scale <= 1:
        return resize(pastiche, height, width)
    steps = math.ceil(math.log2(scale))
    octaves = math.log2(scale) / steps
    for step in range(steps - 1, -1, -1):
        enlarged = _scaled(pastiche, height, width, 2 ** (step * octaves))
        pastiche = stylizer.stylize(enlarged, code, strength=OCTAVE_STRENGTH * math.sqrt(octaves))
    return pastiche


def _scaled(picture: NDArray[Depth], height: int, width: int, scale: float) -> NDArray[Depth]:
    return resize(picture, max(1, round(height / scale)), max(1, round(width / scale)))
