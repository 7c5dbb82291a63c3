"""What comes before the samples in a TIFF: Pillow's table of tags, which, unlike libvips's, takes EXIF data."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import ExifTags, TiffImagePlugin

from impasto.image.exif import exif_for_tiff

__all__ = ["tiff_header"]

_UNSIGNED = 1  # a sample format
_BIG = b"II\x2b\x00\x08\x00\x00\x00" + bytes(8)  # BigTIFF, little-endian, places of eight bytes
_LONG8 = 16  # the type of eight bytes
_ROOM_FOR_TAGS = 2**24


def tiff_header(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    exif: bytes | None,
    dpi: tuple[float, float] | None,
    profile: bytes | None,
) -> bytes:
    """The beginning of a file whose samples follow, little-endian, in one uncompressed strip; BigTIFF above 4 GB.

    Args:
        shape: height, width and samples a pixel: 3, or 4 with alpha.
        dtype: uint8 or uint16.
        exif, dpi: as in :class:`impasto.image.io.Picture`.
        profile: the ICC profile of the samples.
    """
    height, width, samples = shape
    size = height * width * samples * dtype.itemsize
    big = size + _ROOM_FOR_TAGS >= 2**32
    table = TiffImagePlugin.ImageFileDirectory_v2(_BIG) if big else TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    if exif:
        loaded = exif_for_tiff(exif)
        for tag, value in loaded.items():
            table[tag] = loaded.get_ifd(tag) if tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo) else value
    table[TiffImagePlugin.IMAGEWIDTH] = width
    table[TiffImagePlugin.IMAGELENGTH] = height
    table[TiffImagePlugin.BITSPERSAMPLE] = (8 * dtype.itemsize,) * samples
    table[TiffImagePlugin.SAMPLESPERPIXEL] = samples
    table[TiffImagePlugin.SAMPLEFORMAT] = (_UNSIGNED,) * samples
    table[TiffImagePlugin.COMPRESSION] = 1  # none
    table[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 2  # RGB
    table[TiffImagePlugin.PLANAR_CONFIGURATION] = 1  # pixel by pixel
    if samples == 4:
        table[TiffImagePlugin.EXTRASAMPLES] = 2  # alpha, colours not multiplied by it
    if dpi:
        table[TiffImagePlugin.RESOLUTION_UNIT] = 2  # inch
        table[TiffImagePlugin.X_RESOLUTION], table[TiffImagePlugin.Y_RESOLUTION] = dpi
    if profile is not None:
        table[TiffImagePlugin.ICCPROFILE] = profile
    table[TiffImagePlugin.ROWSPERSTRIP] = height
    if big:
        table.tagtype[TiffImagePlugin.STRIPBYTECOUNTS] = table.tagtype[TiffImagePlugin.STRIPOFFSETS] = _LONG8
    table[TiffImagePlugin.STRIPBYTECOUNTS] = size
    table[TiffImagePlugin.STRIPOFFSETS] = 0  # from the end of the table, as which Pillow writes it
    buffer = BytesIO()
    table.save(buffer)
    return buffer.getvalue()
