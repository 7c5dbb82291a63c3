"""What callers hand over as a picture: an array as it is; a path, a Pillow image or a Picture made into one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

    from impasto.image.io import Picture

__all__ = ["Given", "pixels_of"]

Given: TypeAlias = "str | os.PathLike[str] | Image.Image | Picture"  # beside arrays


def pixels_of(picture: Any) -> Any:
    """uint8 h×w×3, sRGB and upright, of a path, a Pillow image or a :class:`~impasto.image.io.Picture`.

    Anything else comes back as it is, an array that is already one too. Transparency is set aside, and the colours
    under it with it.

    Raises:
        ImageError: the file cannot be read.
    """
    if isinstance(picture, np.ndarray):
        return picture
    if isinstance(picture, (str, os.PathLike)):
        from impasto.image.io import read_picture

        return read_picture(Path(picture)).visible
    pillow = sys.modules.get("PIL.Image")  # who gives an image has imported it
    if pillow is not None and isinstance(picture, pillow.Image):
        return _of_pillow(picture)
    ours = sys.modules.get("impasto.image.io")
    return picture.visible if ours is not None and isinstance(picture, ours.Picture) else picture


def _of_pillow(image: Image.Image) -> NDArray[np.uint8]:
    from PIL import ImageOps

    from impasto.image.decode import separate_alpha, to_srgb
    from impasto.image.visible import visible_only

    upright = ImageOps.exif_transpose(image)
    colors, alpha = separate_alpha(upright)
    pixels = np.array(to_srgb(colors, image.info.get("icc_profile"), "the image"))
    return visible_only(pixels, None if alpha is None else np.array(alpha))
