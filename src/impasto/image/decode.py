"""From whatever Pillow has opened to what a :class:`~impasto.image.io.Picture` holds: 8 bits, sRGB, alpha apart."""

from __future__ import annotations

import logging
import math
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.image.exif import resolution_in

__all__ = ["resolution", "separate_alpha", "to_srgb"]

logger = logging.getLogger(__name__)

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def resolution(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch, horizontally and vertically, if the file gives plausible ones."""
    try:
        found = image.info.get("dpi") or resolution_in(image.getexif()) or ()
        horizontal, vertical = (float(value) for value in found)
    except Exception:  # noqa: BLE001 - there is none, or the EXIF data is damaged, which raises anything
        return None
    plausible = all(math.isfinite(value) and value > 0 for value in (horizontal, vertical))
    return (horizontal, vertical) if plausible else None


def separate_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours (L, RGB, CMYK or another mode that converts to RGB) and the transparency (L), if there is any."""
    if image.mode.startswith("I"):
        return Image.fromarray(_integers_to_8_bits(np.asarray(image))), None
    if image.mode == "F":
        return Image.fromarray(_floats_to_8_bits(np.asarray(image))), None
    if not image.has_transparency_data:
        return image.convert("L") if image.mode == "1" else image, None
    rgba = image.convert("RGBA")
    grey = image.mode in ("1", "L", "LA", "La")
    # The channels are cut out, as converting RGBA to L or RGB is free to consult the alpha.
    colors = rgba.getchannel("R") if grey else Image.merge("RGB", rgba.split()[:3])
    return colors, rgba.getchannel("A")


def to_srgb(colors: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """Mode RGB in sRGB. A profile that is damaged or meant for another kind of picture is logged and ignored."""
    if profile:
        try:
            return _converted(colors, profile)
        except Exception as error:  # noqa: BLE001 - Pillow wraps not all of LittleCMS's errors, and may lack it
            logger.warning("%s: its colour profile was ignored (%s)", name, error)
    return colors.convert("RGB")


def _converted(colors: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    mode = _PROFILE_MODES.get(space)
    if mode == "RGB" and colors.mode != "CMYK":
        colors = colors.convert("RGB")
    if mode != colors.mode:
        raise ValueError(f"it is for {space}, the picture is {colors.mode}")
    converted = ImageCms.profileToProfile(
        colors,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None  # only converting in place returns None
    return converted


def _integers_to_8_bits(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """16 bits scale by 65,535; 32 bits too unless some value is larger, and then by 2³¹ - 1. Negative values are 0."""
    top = 65_535 if values.itemsize == 2 or values.max() <= 65_535 else 2**31 - 1
    scaled: NDArray[np.float64] = np.maximum(values, 0) * (255 / top)
    return np.rint(scaled).astype(np.uint8)


def _floats_to_8_bits(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Floats within [0, 1], or else within [0, 255], are taken so; any others are stretched from least to greatest."""
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    least, greatest = float(values.min()), float(values.max())
    if least >= 0 and greatest <= 255:
        least, greatest = 0.0, 1.0 if greatest <= 1 else 255.0
    scaled: NDArray[np.float32] = (values - least) * np.float32(255 / ((greatest - least) or 1.0))
    return np.rint(scaled).astype(np.uint8)
