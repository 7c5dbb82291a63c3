"""What becomes of a photo's EXIF data when the photo is painted."""

from __future__ import annotations

import logging
from typing import Any

from PIL import ExifTags, Image, ImageOps

__all__ = ["exif_for_tiff", "keep_exif", "read_exif", "resolution_in", "turn_upright", "with_resolution"]

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
_SRGB = 1
_INCH, _CENTIMETRE = 2, 3  # of EXIF's resolutions


def turn_upright(image: Image.Image, name: str) -> bytes | None:
    """Apply the EXIF orientation in place and return the EXIF to keep; damaged EXIF is logged and dropped."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
        return keep_exif(image.getexif())
    except Exception as error:  # noqa: BLE001 - damaged EXIF raises anything, and must not cost the picture
        logger.warning("%s: its EXIF data is damaged and was dropped (%s)", name, error)
        return None


def read_exif(image: Image.Image, name: str) -> tuple[bytes | None, int]:
    """The EXIF to keep, and the orientation, which is left to the caller; damaged EXIF is logged and dropped."""
    try:
        exif = image.getexif()
        return keep_exif(exif), int(exif.get(ExifTags.Base.Orientation, 1))
    except Exception as error:  # noqa: BLE001 - as above
        logger.warning("%s: its EXIF data is damaged and was dropped (%s)", name, error)
        return None, 1


def keep_exif(exif: Image.Exif) -> bytes | None:
    """What an owner expects to survive: description, author, dates, camera, lens and place.

    Left out are the orientation (it has been applied), the thumbnail (it shows the unpainted photo), the old size,
    the maker's note, and whatever describes the old file rather than the photo. The colour space becomes sRGB.
    """
    kept = Image.Exif()
    for tag in _KEPT_TAGS:
        if tag in exif:
            kept[tag] = _unchanged(exif[tag])
    camera = {tag: value for tag, value in exif.get_ifd(ExifTags.IFD.Exif).items() if tag not in _DROPPED_CAMERA_TAGS}
    if camera:
        kept[ExifTags.IFD.Exif] = camera | {ExifTags.Base.ColorSpace: _SRGB}
    if place := exif.get_ifd(ExifTags.IFD.GPSInfo):
        kept[ExifTags.IFD.GPSInfo] = place
    return kept.tobytes() if len(kept) else None


def with_resolution(exif: bytes | None, dpi: tuple[float, float]) -> bytes:
    """EXIF data that also holds dots per inch, for formats that have no other place for them."""
    loaded = Image.Exif() if exif is None else exif_for_tiff(exif)
    loaded[ExifTags.Base.XResolution], loaded[ExifTags.Base.YResolution] = dpi
    loaded[ExifTags.Base.ResolutionUnit] = _INCH
    return loaded.tobytes()


def resolution_in(exif: Image.Exif) -> tuple[float, float] | None:
    """Dots per inch, horizontally and vertically, if EXIF data tells them."""
    unit = {_INCH: 1.0, _CENTIMETRE: 2.54}.get(exif.get(ExifTags.Base.ResolutionUnit, _INCH))
    found = [exif.get(tag) for tag in (ExifTags.Base.XResolution, ExifTags.Base.YResolution)]
    if unit is None or None in found:
        return None
    horizontal, vertical = (float(value) * unit for value in found if value is not None)
    return horizontal, vertical


def exif_for_tiff(exif: bytes) -> Image.Exif:
    """The same data in the form from which Pillow's TIFF writer, too, writes texts unchanged."""
    loaded = Image.Exif()
    loaded.load(exif)
    for tag, value in list(loaded.items()):
        loaded[tag] = _unchanged(value)
    return loaded


def _unchanged(value: Any) -> Any:
    # Pillow reads text as Latin-1 but writes ASCII, which would turn the UTF-8 of most cameras into question marks.
    return value.encode("latin-1", "replace") if isinstance(value, str) else value
