"""Reading and writing picture files.

Whatever a file holds, the pixels that come out are 8-bit sRGB, upright, with the transparency beside them; 16-bit TIFFs
and PNGs come with 16 bits as well, if asked for. What is written with 8 bits is sRGB without an embedded profile, which
is what an untagged picture means to browsers and to EXIF; 16 bits have room for the profile that the picture came with.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# Named so that Pillow need not import its forty other plugins to find these two.
import PIL.TiffImagePlugin
import PIL.WebPImagePlugin  # noqa: F401
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from impasto.errors import ImageError, MissingExtra, OutputExists, PictureTooLarge, UsageError
from impasto.files import is_pipe, write_atomically
from impasto.image.decode import resolution, separate_alpha, to_srgb
from impasto.image.deep import DeepPixels, encode_deep, is_deep, read_any_tiff, read_deep
from impasto.image.exif import exif_for_tiff, read_exif, turn_upright, with_resolution
from impasto.image.levels import to_8_bits
from impasto.image.mend import mended_jpeg, without_large_chunks
from impasto.image.phone import HEADER, PHONE_SUFFIXES, RawPhoto, phone_format, refuse_raw
from impasto.image.tags import tagged_profile
from impasto.image.visible import visible_only

__all__ = [
    "DEEP_FORMATS",
    "MAX_PIXELS",
    "READABLE",
    "READABLE_SUFFIXES",
    "WRITABLE",
    "Picture",
    "format_of",
    "picture_shape",
    "read_picture",
    "write_picture",
]

logger = logging.getLogger(__name__)

MAX_PIXELS = 89_478_485  # where Pillow begins to suspect a decompression bomb
READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")  # and what :mod:`impasto.image.phone` adds
WRITABLE = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".avif": "AVIF",
}
READABLE_SUFFIXES = tuple(dict.fromkeys((*WRITABLE, ".gif", *PHONE_SUFFIXES)))
DEEP_FORMATS = ("TIFF", "PNG")  # those that can be written with 16 bits
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that turn by a quarter
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 65_536}
_RESOLUTION_IN_EXIF = ("WEBP", "AVIF")  # which have no other place for it
_LONGEST_JPEG_EXIF = 65_533
_FULL_COLOR_QUALITY = 90
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # of which a path has kept one slash

_warnings_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Picture:
    """What a picture file holds, made uniform.

    Attributes:
        pixels: uint8 h×w×3, sRGB, upright. What is painted or measured is :attr:`visible`.
        alpha: uint8 h×w, 0 transparent to 255 opaque; None if the file has no transparency.
        exif: description, author, dates, camera and place as EXIF bytes for :func:`write_picture`, without orientation.
        dpi: dots per inch, horizontally and vertically.
        format: what the file really is, whatever it is called: ``"JPEG"``, ``"PNG"``, ``"WEBP"``, ...
        frames: how many pictures or pages the file has, of which this is the first.
        deep: the pixels and the transparency with 16 bits, and the profile; None unless the file has as many and they
            were asked for.
    """

    pixels: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str | None = None
    deep: DeepPixels | None = None
    frames: int = 1

    @cached_property
    def visible(self) -> NDArray[np.uint8]:
        """``pixels`` without the colours under transparency: :func:`impasto.image.visible.visible_only`."""
        return visible_only(self.pixels, self.alpha)


def read_picture(source: Path | str | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS, deep: bool = False) -> Picture:
    """Read a JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or, with the extra ``impasto[heic]``, HEIC; of pages the first.

    The EXIF orientation is applied; an embedded profile, or colours that tags describe
    (:mod:`impasto.image.tags`), are converted to sRGB; 16-bit greyscale is scaled to 8 bits
    (Pillow keeps the upper 8 of colour's 16), floats as in :mod:`impasto.image.decode`. A damaged profile or damaged
    EXIF is logged and ignored.

    Args:
        source: a path (``str`` too is a path), the file's bytes, or a binary stream, which is read to its end.
        max_pixels: the most pixels to decode. Above twice 89,478,485 Pillow's own guard refuses as well.
        deep: of a 16-bit TIFF or PNG also give 16 bits, if the extra ``impasto[print]`` is installed; if not, that is
            logged.

    Raises:
        PictureTooLarge: more pixels than ``max_pixels``; nothing has been decoded then.
        ImageError: it is missing, unreadable, empty, damaged, truncated or no picture.
    """
    name = _name_of(source)
    with _opened(source, name) as stream:
        try:
            return _decoded(stream, name, max_pixels, deep=deep)
        except (PictureTooLarge, RawPhoto):
            raise
        except ImageError:
            # What was refused for less than its pixels is read again without that.
            stream.seek(0)
            data = stream.read()
            for mend in (mended_jpeg, without_large_chunks):
                if (mended := mend(data)) is not None:
                    with contextlib.suppress(ImageError):
                        return _decoded(BytesIO(mended), name, max_pixels, deep=deep)
            if (found := _by_libvips(data, name, max_pixels)) is not None:
                return found
            raise


def _decoded(stream: BinaryIO, name: str, max_pixels: int, *, deep: bool) -> Picture:
    try:
        image = _identify(stream, name, max_pixels)
        if deep and is_deep(image, _beginning(stream)) and (picture := _read_deep(image, stream, name)):
            return picture
        profile = image.info.get("icc_profile") or tagged_profile(image, stream)
        image.load()
        exif = turn_upright(image, name)
        colors, alpha = separate_alpha(image)
        return Picture(
            pixels=np.array(to_srgb(colors, profile, name)),
            alpha=None if alpha is None else np.array(alpha),
            exif=exif,
            dpi=resolution(image),
            format="JPEG" if image.format == "MPO" else image.format,
            frames=_count_frames(image),
        )
    except ImageError:
        raise
    except MemoryError:
        raise ImageError(f"cannot read {name}: there is not enough memory for so many pixels") from None
    except Exception as error:
        # Pillow's decoders raise almost anything on damaged data.
        raise ImageError(f"cannot read {name}: it is damaged or incomplete ({' '.join(str(error).split())})") from error


def _count_frames(image: Image.Image) -> int:
    if image.format == "MPO":  # which holds previews, and depth
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001 - a later frame is damaged, which is no matter here
        return 1


def _by_libvips(data: bytes, name: str, max_pixels: int) -> Picture | None:
    """A TIFF of a kind that Pillow does not know; None if it is none, or libvips is not installed or no help.

    Raises:
        PictureTooLarge: more pixels than ``max_pixels``.
    """
    if data[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return None
    try:
        found = read_any_tiff(data, max_pixels)
    except MissingExtra:
        logger.warning("%s: a TIFF of an unusual kind, for which impasto[print] is needed", name)
        return None
    except OverflowError as error:
        raise PictureTooLarge(f"cannot read {name}: {error} are more than the {max_pixels:,} allowed") from None
    except Exception:  # noqa: BLE001 - whatever libvips says, Pillow has said that it is no picture
        return None
    return Picture(*found, format="TIFF")


def picture_shape(path: Path) -> tuple[int, int] | None:
    """The height and width that :func:`read_picture` would give, from the file's header; None if that says nothing."""
    if is_pipe(path):
        return None
    try:
        with path.open("rb") as stream:
            image = _identify(stream, str(path), MAX_PIXELS)
            sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in SIDEWAYS
            return image.size if sideways else image.size[::-1]
    except Exception:  # noqa: BLE001 - Pillow's parsers raise almost anything; reading the picture will say what is wrong
        return None


def write_picture(
    target: Path | str | BinaryIO,
    pixels: NDArray[np.uint8] | NDArray[np.uint16] | Picture,
    *,
    alpha: NDArray[np.uint8] | NDArray[np.uint16] | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    profile: bytes | None = None,
    quality: int = 92,
    format: str | None = None,  # noqa: A002 - as in Pillow
    overwrite: bool = False,
) -> None:
    """Write a picture: all of it or, if anything goes wrong, nothing.

    Args:
        target: a path, or a binary stream (which needs ``format``).
        pixels: uint8 h×w×3, sRGB; or uint16, of which TIFF and PNG keep all 16 bits and the others 8;
            or a :class:`Picture`, whose 8 bits, transparency, EXIF and resolution are written unless given here.
        alpha: h×w of the same type; JPEG and BMP have no transparency, so there the picture is laid on white.
        exif, dpi: as in :class:`Picture`; left out where the format cannot hold them.
        profile: an RGB profile; 16-bit pictures are converted to it and carry it, 8-bit ones stay sRGB.
        quality: 1 to 100, for JPEG and AVIF (from 90 with colour at full resolution) and WebP (lossless at 100). TIFFs
            are not compressed, as Pillow's compressing writer cannot carry EXIF.
        format: ``"JPEG"``, ``"PNG"``, ``"WEBP"``, ``"TIFF"``, ``"BMP"`` or ``"AVIF"``; by default what the path's
            suffix says.
        overwrite: replace an existing file.

    Raises:
        UsageError: arrays, quality or format that cannot be written.
        OutputExists: the file exists (even if it came into being meanwhile) and ``overwrite`` is false.
        ImageError: the picture is too large for the format, the folder is missing or not writable, or the disk is full.
        MissingExtra: it is a 16-bit PNG, or has a profile, and the extra ``impasto[print]`` is not installed.
    """
    if isinstance(pixels, Picture):
        picture, pixels = pixels, pixels.pixels
        alpha = picture.alpha if alpha is None else alpha
        exif = picture.exif if exif is None else exif
        dpi = picture.dpi if dpi is None else dpi
    if not isinstance(target, (str, Path)):
        format_name = _format_named(format)
        target.write(_data(pixels, alpha, format_name, quality=quality, exif=exif, dpi=dpi, profile=profile))
        return
    path = Path(target)
    format_name = format_of(path) if format is None else _format_named(format)
    if path.is_dir():
        raise ImageError(f"cannot write {path}: it is a folder; give a file name")
    if not overwrite and path.exists():
        raise _exists(path)
    data = _data(pixels, alpha, format_name, quality=quality, exif=exif, dpi=dpi, profile=profile)
    try:
        write_atomically(path, data, overwrite=overwrite)
    except FileExistsError:
        raise _exists(path) from None
    except FileNotFoundError:
        raise ImageError(f"cannot write {path}: the folder {path.parent} does not exist") from None
    except OSError as error:
        raise ImageError(f"cannot write {path}: {_reason(error)}") from error


def _beginning(stream: BinaryIO) -> bytes:
    place = stream.tell()
    stream.seek(0)
    header = stream.read(HEADER)
    stream.seek(place)
    return header


def _read_deep(image: Image.Image, stream: BinaryIO, name: str) -> Picture | None:
    """The picture with 16 bits; None if that needs what is not installed."""
    place = stream.tell()
    stream.seek(0)
    try:
        found = read_deep(stream.read(), name, tagged_profile(image, stream), image.info.get("transparency"))
    except MissingExtra as missing:
        logger.warning("%s: painted with 8 of its 16 bits (%s)", name, missing)
        stream.seek(place)
        return None
    exif, orientation = read_exif(image, name)
    upright = found.turned(orientation)
    return Picture(
        pixels=to_8_bits(upright.pixels),
        alpha=None if upright.alpha is None else to_8_bits(upright.alpha),
        exif=exif,
        dpi=resolution(image),
        format=image.format,
        deep=upright,
    )


def _name_of(source: Path | str | bytes | BinaryIO) -> str:
    if isinstance(source, (str, Path)):
        return str(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "the picture given"


@contextlib.contextmanager
def _opened(source: Path | str | bytes | BinaryIO, name: str) -> Iterator[BinaryIO]:
    try:
        if isinstance(source, bytes):
            stream: BinaryIO = BytesIO(source)
        elif isinstance(source, (str, Path)):
            stream = Path(source).open("rb")  # noqa: SIM115 - closed below, with the others
            if not stream.seekable():  # a pipe
                with stream:
                    stream = BytesIO(stream.read())
        else:
            stream = BytesIO(source.read())
    except FileNotFoundError:
        missing = (
            "it is an address; download the picture and give the file"
            if _ADDRESS.match(name)
            else "there is no such file"
        )
        raise ImageError(f"cannot read {name}: {missing}") from None
    except IsADirectoryError:
        raise ImageError(f"cannot read {name}: it is a folder; give a picture file") from None
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot read {name}: {_reason(error)}") from error
    with stream:
        yield stream


def _identify(stream: BinaryIO, name: str, max_pixels: int) -> Image.Image:
    try:
        # Our cap is the stricter one; Pillow's warning is silenced so that only the error speaks. The lock is for
        # our own threads, as the list of warning filters is the whole process's.
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            kind = phone_format(_beginning(stream), name)
            image = Image.open(stream, formats=READABLE if kind is None else (kind,))
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(f"cannot read {name}: it has too many pixels ({error}); make it smaller") from error
    except UnidentifiedImageError:
        empty = stream.seek(0, os.SEEK_END) == 0
        known = "it is no JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture, or a damaged one"
        refuse_raw(name)
        raise ImageError(f"cannot read {name}: {'it is empty' if empty else known}") from None
    refuse_raw(name, image)
    width, height = image.size
    if width * height > max_pixels:
        raise PictureTooLarge(
            f"cannot read {name}: {width} × {height} pixels are more than the {max_pixels:,} allowed; make it smaller"
        )
    return image


def format_of(path: Path) -> str:
    """The format that a path's suffix asks for.

    Raises:
        UsageError: none that can be written.
    """
    try:
        return WRITABLE[path.suffix.lower()]
    except KeyError:
        given = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
        raise UsageError(f"cannot write {path} with {given}; use one of {', '.join(WRITABLE)}") from None


def _format_named(format_name: str | None) -> str:
    known = sorted(set(WRITABLE.values()))
    if format_name is None or format_name.upper() not in known:
        raise UsageError(f"cannot write the format {format_name!r}; use one of {', '.join(known)}")
    return format_name.upper()


def _data(
    pixels: NDArray[Any],
    alpha: NDArray[Any] | None,
    format_name: str,
    *,
    quality: int,
    exif: bytes | None,
    dpi: tuple[float, float] | None,
    profile: bytes | None,
) -> bytes:
    _check(pixels, alpha)
    if pixels.dtype == np.uint16:
        if format_name in DEEP_FORMATS:
            return encode_deep(format_name, DeepPixels(pixels, alpha, profile), exif=exif, dpi=dpi)
        pixels, alpha = to_8_bits(pixels), None if alpha is None else to_8_bits(alpha)
    return _encode(_assembled(pixels, alpha, format_name), format_name, quality, exif, dpi)


def _encode(
    image: Image.Image, format_name: str, quality: int, exif: bytes | None, dpi: tuple[float, float] | None
) -> bytes:
    limit = _LONGEST_SIDE.get(format_name)
    if limit and max(image.size) > limit:
        raise ImageError(
            f"a {format_name} has at most {limit:,} pixels a side, not {max(image.size):,}; write a PNG or TIFF instead"
        )
    if not 1 <= quality <= 100:
        raise UsageError(f"the quality {quality} is not between 1 and 100")
    options: dict[str, Any] = {}
    if format_name == "JPEG":
        options = {"quality": quality, "subsampling": "4:4:4" if quality >= _FULL_COLOR_QUALITY else "4:2:0"}
        if exif and len(exif) > _LONGEST_JPEG_EXIF:
            logger.warning("the EXIF data is too long for a JPEG and was left out")
            exif = None
    elif format_name == "AVIF":
        importlib.import_module("PIL.AvifImagePlugin")
        options = {"quality": quality, "subsampling": "4:4:4" if quality >= _FULL_COLOR_QUALITY else "4:2:0"}
    elif format_name == "WEBP":
        options = {"quality": quality, "lossless": quality == 100}
    if dpi and format_name in _RESOLUTION_IN_EXIF:
        exif = with_resolution(exif, dpi)
    elif dpi:
        options["dpi"] = dpi
    if exif:
        options["exif"] = exif_for_tiff(exif) if format_name == "TIFF" else exif
    buffer = BytesIO()
    try:
        image.save(buffer, format_name, **options)
    except (KeyError, OSError, ValueError) as error:  # KeyError: a Pillow that was built without the format
        raise ImageError(f"cannot encode the picture as {format_name}: {_reason(error)}") from error
    return buffer.getvalue()


def _check(pixels: NDArray[Any], alpha: NDArray[Any] | None) -> None:
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise UsageError(f"cannot write an array of {pixels.dtype} {pixels.shape}; expected uint8 or uint16 h×w×3")
    if alpha is not None and (alpha.dtype != pixels.dtype or alpha.shape != pixels.shape[:2]):
        raise UsageError(f"cannot use alpha of {alpha.dtype} {alpha.shape}; expected {pixels.dtype} {pixels.shape[:2]}")


def _assembled(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8] | None, format_name: str) -> Image.Image:
    if alpha is None:
        return Image.fromarray(pixels)
    if format_name in ("JPEG", "BMP"):
        white = Image.new("RGB", (pixels.shape[1], pixels.shape[0]), "white")
        return Image.composite(Image.fromarray(pixels), white, Image.fromarray(alpha))
    return Image.fromarray(np.dstack([pixels, alpha]))


def _exists(path: Path) -> OutputExists:
    return OutputExists(f"cannot write {path}: it exists already; choose another name or allow overwriting")


def _reason(error: Exception) -> str:
    """The operating system's words in lower case, as the end of a sentence; else the error's own."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words[:1].lower() + words[1:]
