"""Strokes that belong to the picture: painted coarse, then sharpened by the painter; or painted fine, then shrunk.

A painter's strokes are so many pixels long. So a photo is painted as though it had :data:`NATURAL_SIDE` pixels, and the
pastiche is enlarged in octaves, each of which the painter paints over: at any resolution a picture looks the same.
"""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from impasto.image.levels import Depth
from impasto.image.resize import resize
from impasto.inference.codes import Code
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions

__all__ = ["NATURAL_SIDE", "OCTAVE_STRENGTH", "octaves", "paint_in_strokes", "stroke_scale"]

NATURAL_SIDE = 800
"""Long side, in pixels, at which a painter's own strokes look right; smaller photos are painted as they are."""
OCTAVE_STRENGTH = 0.5  # of the pass that sharpens what was enlarged to twice its size


def stroke_scale(look: LookOptions, height: int, width: int) -> float:
    """How many times as large as the painter's own a look's strokes are on a photo of so many pixels."""
    if look.strokes == "pixels":
        return look.stroke
    return look.stroke * max(1.0, max(height, width) / NATURAL_SIDE)


def octaves(height: int, width: int, scale: float) -> tuple[list[tuple[int, int]], float]:
    """The sizes in which a photo is painted one after the other, and the strength of every pass but the first.

    They grow in equal steps of at most 2, from the photo shrunk by the scale to the photo's own size.
    """
    steps = math.ceil(math.log2(scale)) if scale > 1 else 0
    share = math.log2(scale) / steps if steps else 0.0
    sizes = [_scaled(height, width, scale if steps == 0 else 2 ** (step * share)) for step in range(steps, -1, -1)]
    return sizes, OCTAVE_STRENGTH * math.sqrt(share)


def paint_in_strokes(
    stylizer: Stylizer,
    photo: NDArray[Depth],
    code: Code,
    scale: float,
    *,
    crisp: bool = True,
    content_color: Any = None,
) -> NDArray[Depth]:
    """Paint a photo with strokes ``scale`` times as large as the model's own.

    A photo shrunk by ``scale`` gets strokes that are larger by it. What was painted small is enlarged in steps of at
    most 2, and after each step painted over with the same code at half strength (less for a smaller step): it turns
    soft edges into strokes' edges and adds nothing that is not there. Enlarging alone is blurred; adding the photo's or
    a full-size pastiche's detail draws the photo's texture over the strokes. Strokes smaller than the model's are
    painted on an enlarged photo, and the pastiche is shrunk.

    Args:
        photo: uint8 or uint16 h×w×3.
        code: float32[K + 12], or a learnt one.
        scale: 1 paints as :meth:`Stylizer.stylize` does.
        crisp: paint over the last enlargement, too; films do without, as it takes most of the time.
        content_color: as for :meth:`Stylizer.stylize`.

    Returns:
        The pastiche, as high and wide and of the same type.

    Raises:
        PictureTooLarge: strokes are to be so small that the enlarged photo would have too many pixels.
    """
    height, width = photo.shape[:2]
    (first, *others), strength = octaves(height, width, scale)
    pastiche = stylizer.stylize(resize(photo, *first), code, content_color=content_color)
    for number, size in enumerate(others, 1):
        pastiche = resize(pastiche, *size)
        if crisp or number < len(others):
            pastiche = stylizer.stylize(pastiche, code, strength=strength)
    return resize(pastiche, height, width)


def _scaled(height: int, width: int, scale: float) -> tuple[int, int]:
    return max(1, round(height / scale)), max(1, round(width / scale))
