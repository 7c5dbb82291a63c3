"""Pictures of 16 bits a channel, which Pillow reads as 8: TIFF and PNG by libvips, and TIFF written by ourselves.

Colours become sRGB, as everywhere in Impasto, but the file's profile is kept so that what is written can go back into
it. libvips comes with the extra ``impasto[print]``.
"""

from __future__ import annotations

import logging
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from impasto.errors import ImageError, MissingExtra
from impasto.image.tiff import tiff_header
from impasto.image.visible import visible_only

__all__ = [
    "MM_PER_INCH",
    "RENDERING",
    "DeepPixels",
    "encode_deep",
    "in_profile",
    "is_deep",
    "is_srgb",
    "libvips",
    "profile_name",
    "read_any_tiff",
    "read_deep",
]

logger = logging.getLogger(__name__)

_PNG_DEPTH = 24  # where a PNG says its bits a channel
_UNSIGNED = 1  # TIFF's sample format
# By way of Lab in floats: LittleCMS's direct way between 16-bit profiles goes through a coarse table.
RENDERING: dict[str, Any] = {"intent": "relative", "black_point_compensation": True, "pcs": "lab"}
MM_PER_INCH = 25.4


@dataclass(frozen=True, eq=False)
class DeepPixels:
    """Sixteen bits of a picture.

    Attributes:
        pixels: uint16 h×w×3, sRGB.
        alpha: uint16 h×w, 0 transparent to 65,535 opaque; None without transparency.
        profile: the ICC profile of RGB that the file carries, and a pastiche is to be written in.
    """

    pixels: NDArray[np.uint16]
    alpha: NDArray[np.uint16] | None = None
    profile: bytes | None = None

    @cached_property
    def visible(self) -> NDArray[np.uint16]:
        """``pixels`` without the colours under transparency: :func:`impasto.image.visible.visible_only`."""
        return visible_only(self.pixels, self.alpha)

    def turned(self, orientation: int) -> DeepPixels:
        """The picture upright, by EXIF's orientation from 1 to 8; any other is taken for 1."""
        alpha = None if self.alpha is None else _turned(self.alpha, orientation)
        return DeepPixels(_turned(self.pixels, orientation), alpha, self.profile)


def is_deep(image: Image.Image, header: bytes) -> bool:
    """Whether an opened file is a TIFF or PNG of 16-bit integers.

    Args:
        image: as Pillow opened it.
        header: the file's first 32 bytes.
    """
    if image.format == "PNG":
        return header[_PNG_DEPTH] == 16
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    bits = image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
    kinds = image.tag_v2.get(TiffImagePlugin.SAMPLEFORMAT, (_UNSIGNED,))
    return set(bits) == {16} and set(kinds) == {_UNSIGNED}


def read_deep(data: bytes, name: str, tagged: bytes | None = None, transparent: Any = None) -> DeepPixels:
    """Decode a 16-bit TIFF or PNG; of several pages the first. The orientation is not applied.

    Args:
        tagged: the profile that holds if the file embeds none.
        transparent: the one colour of a PNG without alpha that is transparent, as Pillow gives it.

    Raises:
        MissingExtra: libvips is not installed.
        pyvips.Error: the file is damaged.
    """
    vips = libvips("painting 16-bit pictures")
    image = vips.Image.new_from_buffer(data, "", fail_on="error")
    alpha = None
    if image.hasalpha():
        alpha = np.ascontiguousarray(image[image.bands - 1].cast("ushort").numpy()).reshape(image.height, image.width)
        image = image[: image.bands - 1] if image.bands > 2 else image[0]
    elif transparent is not None:
        alpha = _opaque_but(image.numpy().reshape(image.height, image.width, image.bands), transparent)
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    if profile is None and tagged is not None:
        profile, image = tagged, with_profile(image, tagged)
    if profile is not None and profile_name(profile) is None:  # libvips would silently take another
        logger.warning("%s: its colour profile was ignored (it is damaged)", name)
        profile = None
    colors = None
    if profile is not None and not is_srgb(profile):
        try:
            found = image.icc_import(embedded=True, **RENDERING)
            colors = found.icc_export(output_profile="srgb", depth=16, **RENDERING).numpy()
        except vips.Error as error:
            logger.warning("%s: its colour profile was ignored (%s)", name, str(error).splitlines()[0])
            profile = None
    if colors is None:
        colors = image.colourspace("rgb16").numpy()
    is_rgb = profile is not None and profile[16:20] == b"RGB "
    return DeepPixels(np.ascontiguousarray(colors[..., :3], dtype=np.uint16), alpha, profile if is_rgb else None)


def read_any_tiff(data: bytes, max_pixels: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Colours and transparency, 8 bits, of a TIFF of any kind that libvips reads, upright.

    Raises:
        MissingExtra: libvips is not installed.
        OverflowError: it has more pixels than allowed.
        pyvips.Error: it is no TIFF, or damaged.
    """
    vips = libvips("reading TIFFs of this kind")
    image = vips.Image.new_from_buffer(data, "", fail_on="error")
    if image.width * image.height > max_pixels:
        raise OverflowError(f"{image.width} × {image.height} pixels")
    image = image.autorot()
    alpha = None
    colors = {"b-w": 1, "grey16": 1, "cmyk": 4}.get(image.interpretation, 3)
    if image.bands > colors:
        opacity, image = image[colors], image[:colors] if colors > 1 else image[0]
        top = {"uchar": 255, "ushort": 65_535}.get(opacity.format, 1)
        alpha = np.ascontiguousarray((opacity * (255 / top)).rint().cast("uchar").numpy())
        alpha = alpha.reshape(image.height, image.width)
    if image.get_typeof("icc-profile-data") and image.format in ("uchar", "ushort"):
        image = image.icc_transform("srgb", embedded=True, intent="relative")
    else:
        image = image.colourspace("srgb")
    image = image.cast("uchar")
    image = image.bandjoin([image, image]) if image.bands == 1 else image[:3]
    return np.ascontiguousarray(image.numpy()), alpha


def with_profile(image: Any, profile: bytes) -> Any:
    """A picture of libvips as if it embedded a profile of RGB."""
    deep = image.format == "ushort"
    image = (image if image.bands >= 3 else image.colourspace("rgb16" if deep else "srgb")).copy()
    image.set_type(libvips("converting colours").GValue.blob_type, "icc-profile-data", profile)
    return image


def _opaque_but(samples: NDArray[Any], color: Any) -> NDArray[np.uint16] | None:
    """Opaque but for one colour; None if that is of another kind of picture."""
    values = np.atleast_1d(np.asarray(color))
    if values.dtype.kind not in "iu" or values.shape != (samples.shape[2],):
        return None
    return np.where((samples == values).all(axis=2), 0, 65_535).astype(np.uint16)


def encode_deep(format_name: str, picture: DeepPixels, *, exif: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """Encode a 16-bit TIFF (not compressed) or PNG, converted to the picture's profile if it has one.

    A damaged profile is logged, and the picture stays sRGB.

    Args:
        format_name: ``"TIFF"`` or ``"PNG"``.
        exif, dpi: as in :class:`impasto.image.io.Picture`.

    Raises:
        MissingExtra: it is a PNG or has a profile, and libvips is not installed.
        ImageError: libvips cannot encode it.
    """
    pixels, profile = picture.pixels, picture.profile
    if profile is not None:
        try:
            pixels = in_profile(pixels, profile)
        except libvips("painting 16-bit pictures").Error as error:
            logger.warning("the colour profile was left out (%s)", str(error).splitlines()[0])
            profile = None
    samples = pixels if picture.alpha is None else np.dstack([pixels, picture.alpha])
    if format_name == "TIFF":
        return (
            tiff_header(samples.shape, samples.dtype, exif, dpi, profile) + samples.astype("<u2", copy=False).tobytes()
        )
    return _png(samples, exif, dpi, profile)


def _turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def in_profile(pixels: NDArray[np.uint16], profile: bytes) -> NDArray[np.uint16]:
    """sRGB (h w 3) converted to a profile of RGB."""
    if is_srgb(profile):
        return pixels
    image = libvips("painting 16-bit pictures").Image.new_from_array(pixels, interpretation="rgb16")
    image = image.icc_import(input_profile="srgb", **RENDERING)
    # libvips takes an output profile by the name of its file only.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "profile.icc")
        file.write_bytes(profile)
        converted = image.icc_export(output_profile=str(file), depth=16, **RENDERING).numpy()
    return np.ascontiguousarray(converted, dtype=np.uint16)


def is_srgb(profile: bytes) -> bool:
    """Whether there is nothing to convert."""
    return "sRGB" in (profile_name(profile) or "")


def profile_name(profile: bytes) -> str | None:
    """What a profile calls itself; None if it is damaged."""
    from PIL import ImageCms

    try:
        return str(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile))))
    except (OSError, ImageCms.PyCMSError):
        return None


def _png(
    samples: NDArray[np.uint16], exif: bytes | None, dpi: tuple[float, float] | None, profile: bytes | None
) -> bytes:
    vips = libvips("painting 16-bit pictures")
    image = vips.Image.new_from_array(samples, interpretation="rgb16").copy()
    if exif:
        image.set_type(vips.GValue.blob_type, "exif-data", exif)
    if profile is not None:
        image.set_type(vips.GValue.blob_type, "icc-profile-data", profile)
    if dpi:
        image = image.copy(xres=dpi[0] / MM_PER_INCH, yres=dpi[1] / MM_PER_INCH)
    try:
        data: bytes = image.write_to_buffer(".png")
    except vips.Error as error:
        raise ImageError(f"cannot encode the picture as PNG: {str(error).splitlines()[0]}") from error
    return data


def libvips(purpose: str) -> Any:
    """The package pyvips; ``purpose`` is what needs it, as the subject of a sentence.

    Raises:
        MissingExtra: it, or libvips, is not installed.
    """
    try:
        import pyvips
    except (ImportError, OSError):  # OSError: the binding is there, the library is not
        raise MissingExtra("print", purpose) from None
    with suppress(AttributeError):
        logging.getLogger("pyvips").setLevel(logging.ERROR)
    return pyvips
