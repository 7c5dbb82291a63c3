"""Pictures too large for memory, from a file to a file of plain samples and from there to a file again.

libvips decodes and encodes them a few rows at a time. It comes with the extra ``impasto[print]``.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from impasto.errors import ImageError, OutputExists
from impasto.files import is_pipe, open_atomically, scratch_beside
from impasto.image.decode import resolution
from impasto.image.deep import MM_PER_INCH, RENDERING, is_srgb, libvips, profile_name, with_profile
from impasto.image.exif import read_exif
from impasto.image.regions import RawPicture
from impasto.image.resize import fit_size
from impasto.image.tags import tagged_profile
from impasto.image.tiff import tiff_header
from impasto.image.visible import SEEN, visible_only

__all__ = ["LARGE_FORMATS", "LargePicture", "count_pixels", "open_large", "scratch_picture", "writing_large"]

logger = logging.getLogger(__name__)

LARGE_FORMATS = ("TIFF", "PNG", "JPEG")
PURPOSE = "painting pictures of so many pixels"
THUMBNAIL = 1024
MAX_SIDE = {"JPEG": 65_500, "PNG": 2**31 - 1, "TIFF": 2**31 - 1}
_PLUGINS: dict[bytes, type[ImageFile]] = {
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), TiffImageFile),
    b"\x89PNG": PngImageFile,
    b"\xff\xd8\xff": JpegImageFile,
}


@dataclass(frozen=True, eq=False)
class LargePicture:
    """What :class:`impasto.image.io.Picture` is to a picture in memory.

    Attributes:
        pixels: h×w×3, sRGB, upright.
        alpha: h×w×1; None without transparency.
        exif, dpi: as there.
        profile: as in :class:`impasto.image.deep.DeepPixels`; None for 8 bits.
    """

    pixels: RawPicture
    alpha: RawPicture | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    profile: bytes | None = None


def count_pixels(path: Path) -> int:
    """How many pixels a TIFF, PNG or JPEG says it has; 0 if it is none, or damaged."""
    if is_pipe(path):
        return 0
    try:
        with _header(path) as image:
            return int(image.width * image.height)
    except Exception:  # noqa: BLE001 - Pillow's parsers raise almost anything; reading the picture will say what is wrong
        return 0


@contextlib.contextmanager
def open_large(path: Path, beside: Path, *, size: int | None = None, deep: bool = False) -> Iterator[LargePicture]:
    """Decode a TIFF, PNG or JPEG to a file beside another one, which lives as long as the block.

    As :func:`impasto.image.io.read_picture` does: upright, in sRGB, with 8 bits or, if ``deep``, as many as it has.

    Args:
        size: long side to which it is resized, in pixels; its own unless given.

    Raises:
        MissingExtra: libvips is not installed.
        ImageError: it is missing, damaged or no such picture; the disk is full.
    """
    vips = libvips(PURPOSE)
    with scratch_beside(beside) as scratch:
        try:
            found = _decode(vips, path, scratch, size, deep=deep)
        except vips.Error as error:
            raise ImageError(f"cannot read {path}: it is damaged or incomplete ({_words(error)})") from None
        yield found


@contextlib.contextmanager
def scratch_picture(beside: Path, size: tuple[int, int], dtype: np.dtype[Any]) -> Iterator[RawPicture]:
    """A picture of that height and width in a file beside another one, which lives as long as the block.

    Raises:
        ImageError: the disk is full, or the folder cannot be written.
    """
    with scratch_beside(beside) as scratch:
        try:
            with scratch.open("xb") as file:
                file.truncate(size[0] * size[1] * 3 * dtype.itemsize)
        except OSError as error:
            raise ImageError(f"cannot write beside {beside}: {error.strerror or error}") from None
        yield RawPicture(scratch, (*size, 3), dtype)


@contextlib.contextmanager
def writing_large(
    target: Path, format_name: str, picture: LargePicture, *, quality: int, overwrite: bool
) -> Iterator[RawPicture]:
    """A picture to be painted region by region; when the block ends it is encoded, and if it raises nothing is left.

    Args:
        format_name: one of :data:`LARGE_FORMATS`.
        picture: gives the size, depth and everything else than the colours.

    Yields:
        The picture to write to: colours, and alpha if the format and ``picture`` have it.

    Raises:
        OutputExists, ImageError: as :func:`impasto.image.io.write_picture`.
    """
    height, width = picture.pixels.shape[:2]
    samples = 3 + (picture.alpha is not None and format_name != "JPEG")
    shape, dtype = (height, width, samples), picture.pixels.dtype
    limit = MAX_SIDE[format_name]
    if max(height, width) > limit:
        raise ImageError(
            f"a {format_name} has at most {limit:,} pixels a side, not {max(height, width):,}; write a TIFF"
        )
    try:
        if format_name == "TIFF":
            with open_atomically(target, overwrite=overwrite) as file:
                header = tiff_header(shape, dtype, picture.exif, picture.dpi, picture.profile)
                file.write(header)
                file.flush()
                yield RawPicture(Path(file.name), shape, dtype.newbyteorder("<"), offset=len(header))
        else:
            with scratch_beside(target) as scratch:
                scratch.touch(exist_ok=False)
                yield RawPicture(scratch, shape, dtype)
                with open_atomically(target, overwrite=overwrite) as file:
                    _encode(scratch, Path(file.name), format_name, shape=shape, picture=picture, quality=quality)
    except FileExistsError:
        raise OutputExists(
            f"cannot write {target}: it exists already; choose another name or allow overwriting"
        ) from None
    except OSError as error:
        raise ImageError(f"cannot write {target}: {error.strerror or error}") from error


def _decode(vips: Any, path: Path, scratch: Path, size: int | None, *, deep: bool) -> LargePicture:
    image = vips.Image.new_from_file(str(path), access="sequential", fail_on="error")
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    if orientation != 1:
        # Turning needs all of it at hand, for which libvips keeps a file of its own.
        image = vips.Image.new_from_file(str(path), fail_on="error").autorot()
    if image.format not in ("uchar", "ushort"):
        raise ImageError(
            f"cannot read {path}: so large a picture must have 8 or 16 bits, its samples are {image.format}"
        )
    bits = 16 if deep and image.format == "ushort" else 8
    alpha = image[image.bands - 1] if image.hasalpha() else None
    if alpha is not None:
        image = image[: image.bands - 1] if image.bands > 2 else image[0]
    colors, profile = _colors(image, path, bits)
    if alpha is not None:
        colors = _visible(vips, path, colors, alpha, bits)
        alpha = alpha if (alpha.format == "ushort") == (bits == 16) else (alpha / 257).rint()
        colors = colors.bandjoin(alpha.cast(colors.format))
    if size is not None:
        height, width = fit_size(image.height, image.width, size)
        colors = colors.resize(width / image.width, vscale=height / image.height, kernel="lanczos3")
    colors.rawsave(str(scratch))
    stored = (colors.height, colors.width, colors.bands)
    raw = RawPicture(scratch, stored, np.dtype(np.uint16 if bits == 16 else np.uint8))
    exif, dpi = _metadata(path)
    transparency = None if alpha is None else raw.select(slice(3, 4))
    return LargePicture(raw.select(slice(3)), transparency, exif, dpi, profile if bits == 16 else None)


def _visible(vips: Any, path: Path, colors: Any, alpha: Any, bits: int) -> Any:
    """What :func:`impasto.image.visible.visible_only` does, with what is hidden taken from a thumbnail."""
    # Shrinking weighs colours by how opaque they are.
    small = vips.Image.thumbnail(str(path), THUMBNAIL, height=THUMBNAIL, size="down").colourspace("srgb").cast("uchar")
    samples = small.numpy()
    if small.bands < 4:
        return colors
    shown = visible_only(np.ascontiguousarray(samples[..., :3]), np.ascontiguousarray(samples[..., 3]))
    fill = vips.Image.new_from_array(shown, interpretation="srgb")
    fill = fill.resize(colors.width / fill.width, vscale=colors.height / fill.height, kernel="linear")
    fill = fill * 257 if bits == 16 else fill
    top = 65_535 if alpha.format == "ushort" else 255
    share = alpha.cast("float") / (SEEN * top)
    share = (share > 1).ifthenelse(1, share)
    return (fill + share * (colors - fill)).rint().cast(colors.format)


def _colors(image: Any, path: Path, bits: int) -> tuple[Any, bytes | None]:
    """Three channels in sRGB, and the profile of RGB that the file has."""
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    if profile is None and (tagged := _tagged(path)) is not None:
        profile, image = tagged, with_profile(image, tagged)
    if profile is not None and profile_name(profile) is None:
        logger.warning("%s: its colour profile was ignored (it is damaged)", path)
        profile = None
        image = image.copy()
        image.remove("icc-profile-data")
    if profile is not None and not is_srgb(profile):
        image = image.icc_import(embedded=True, **RENDERING)
        image = image.icc_export(output_profile="srgb", depth=bits, **RENDERING)
    else:
        image = image.colourspace("rgb16" if bits == 16 else "srgb")
    is_rgb = profile is not None and profile[16:20] == b"RGB "
    return image[:3].cast("ushort" if bits == 16 else "uchar"), profile if is_rgb else None


def _tagged(path: Path) -> bytes | None:
    try:
        with _header(path) as image, path.open("rb") as stream:
            return tagged_profile(image, stream)
    except Exception:  # noqa: BLE001 - as above, and libvips could read the picture
        return None


def _metadata(path: Path) -> tuple[bytes | None, tuple[float, float] | None]:
    try:
        with _header(path) as image:
            return read_exif(image, str(path))[0], resolution(image)
    except Exception as error:  # noqa: BLE001 - as above, and libvips could read the picture
        logger.warning("%s: its EXIF data was dropped (%s)", path, error)
        return None, None


def _header(path: Path) -> ImageFile:
    """The file as Pillow sees it, undecoded; made without ``Image.open``, which refuses pictures of so many pixels."""
    with path.open("rb") as file:
        start = file.read(4)
    plugin = next((plugin for magic, plugin in _PLUGINS.items() if start.startswith(magic)), None)
    if plugin is None:
        raise ValueError(f"it is none of {', '.join(LARGE_FORMATS)}")
    return plugin(path)


def _encode(
    scratch: Path, target: Path, format_name: str, *, shape: tuple[int, int, int], picture: LargePicture, quality: int
) -> None:
    vips = libvips(PURPOSE)
    height, width, samples = shape
    deep = picture.pixels.dtype == np.uint16
    layout = {"format": "ushort" if deep else "uchar", "interpretation": "rgb16" if deep else "srgb"}
    image = vips.Image.rawload(str(scratch), width, height, samples, access="sequential", **layout).copy()
    if picture.exif:
        image.set_type(vips.GValue.blob_type, "exif-data", picture.exif)
    if picture.profile is not None:
        image.set_type(vips.GValue.blob_type, "icc-profile-data", picture.profile)
    if picture.dpi:
        image = image.copy(xres=picture.dpi[0] / MM_PER_INCH, yres=picture.dpi[1] / MM_PER_INCH)
    try:
        if format_name == "PNG":
            image.pngsave(str(target))
        else:
            image.jpegsave(str(target), Q=quality, subsample_mode="off" if quality >= 90 else "on")
    except vips.Error as error:
        raise ImageError(f"cannot encode the picture as {format_name}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """What libvips says, on one line and without the name of what was called."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].removeprefix("unable to call ") if lines else type(error).__name__
