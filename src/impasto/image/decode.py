"""From whatever Pillow has opened to what a :class:`~impasto.image.io.Picture` holds: 8 bits, sRGB, alpha, metadata."""

from __future__ import annotations

import logging
import math
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

__all__ = ["keep_exif", "resolution", "separate_alpha", "to_srgb", "turn_upright"]

logger = logging.getLogger(__name__)

# Tags that describe the photo. The others (a TIFF's strips, say) describe the file it came from.
_KEPT_TAGS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Rating,
    ExifTags.Base.RatingPercent,
    ExifTags.Base.Copyright,
    ExifTags.Base.XPTitle,
    ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor,
    ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
)
# Untrue after painting (the size), or full of offsets into the old file.
_DROPPED_CAMERA_TAGS = (
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.MakerNote,
    ExifTags.IFD.Interop,
)
_EXIF_COLOR_SPACE_SRGB = 1
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def turn_upright(image: Image.Image, name: str) -> bytes | None:
    """Apply the EXIF orientation in place and return the EXIF to keep; damaged EXIF is logged and dropped."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
        return keep_exif(image.getexif())
    except Exception as error:  # noqa: BLE001 - damaged EXIF raises anything, and must not cost the picture
        logger.warning("%s: its EXIF data is damaged and was dropped (%s)", name, error)
        return None


def keep_exif(exif: Image.Exif) -> bytes | None:
    """What an owner expects to survive: description, author, dates, camera, lens and place.

    Left out are the orientation (it has been applied), the thumbnail (it shows the unpainted photo), the old size,
    the maker's note, and whatever describes the old file rather than the photo. The colour space becomes sRGB.
    """
    kept = Image.Exif()
    for tag in _KEPT_TAGS:
        if tag in exif:
            kept[tag] = _as_written(exif[tag])
    camera = {
        tag: _as_written(value)
        for tag, value in exif.get_ifd(ExifTags.IFD.Exif).items()
        if tag not in _DROPPED_CAMERA_TAGS
    }
    if camera:
        kept[ExifTags.IFD.Exif] = camera | {ExifTags.Base.ColorSpace: _EXIF_COLOR_SPACE_SRGB}
    if place := exif.get_ifd(ExifTags.IFD.GPSInfo):
        kept[ExifTags.IFD.GPSInfo] = place
    return kept.tobytes() if len(kept) else None


def resolution(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch, horizontally and vertically, if the file gives plausible ones."""
    try:
        horizontal, vertical = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
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


def _as_written(value: Any) -> Any:
    # Pillow reads text as Latin-1 but writes ASCII, which would turn the UTF-8 of most cameras into question marks.
    return value.encode("latin-1", "replace") if isinstance(value, str) else value


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
    scaled: NDArray[np.float64] = (values - least) * (255 / (greatest - least))
    return np.rint(scaled).astype(np.uint8)
