"""What phones and cameras write beside JPEG: HEIC, AVIF and raw files. Which of them are read, and by what."""

from __future__ import annotations

import importlib
from pathlib import PurePath

from PIL import Image

from impasto.errors import ImageError

__all__ = ["HEADER", "PHONE_SUFFIXES", "RAW_SUFFIXES", "RawPhoto", "is_phone_picture", "phone_format", "refuse_raw"]

PHONE_SUFFIXES = (".avif", ".heic", ".heif", ".hif")
RAW_SUFFIXES = frozenset(
    [
        *(
            ".3fr",
            ".arw",
            ".cr2",
            ".cr3",
            ".dcr",
            ".dng",
            ".erf",
            ".iiq",
            ".kdc",
            ".mef",
            ".mos",
            ".mrw",
            ".nef",
            ".nrw",
        ),
        *(".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    ]
)
HEADER = 64  # bytes that hold the kinds a file says it is of
AVIF_BRANDS, RAW_BRAND = {b"avif", b"avis"}, b"crx "
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"mif2"}
DNG_VERSION = 50_706
PACKAGES = ("pi_heif", "pillow_heif")  # the second also writes; whichever is there


class RawPhoto(ImageError):
    """A camera's raw file, which must not be taken for the preview in it."""


def phone_format(header: bytes, name: str) -> str | None:
    """Pillow's name of the format, made ready to be read; ``None`` if the file is of none of these kinds.

    Args:
        header: the file's first 64 bytes, or as many as it has.
        name: of the file, for messages.

    Raises:
        ImageError: it is a raw file, or what would read it is not installed.
    """
    brands = _brands(header)
    if RAW_BRAND in brands:
        raise _raw(name)
    if brands & AVIF_BRANDS:
        plugin = importlib.import_module("PIL.AvifImagePlugin")
        if not plugin.SUPPORTED:
            raise ImageError(f"cannot read {name}: this Pillow reads no AVIF; run: pip install --upgrade Pillow")
        return "AVIF"
    if not brands & HEIC_BRANDS:
        return None
    for package in PACKAGES:
        try:
            reader = importlib.import_module(package)
        except ImportError:
            continue
        if "HEIF" not in Image.OPEN:
            reader.register_heif_opener()
        return "HEIF"
    raise ImageError(f"cannot read {name}: it is a HEIC photo, for which a reader is missing; run: pip install pi-heif")


def is_phone_picture(header: bytes) -> bool:
    """Whether a file that begins so is an AVIF or HEIC, whatever is installed."""
    return bool(_brands(header) & (AVIF_BRANDS | HEIC_BRANDS))


def refuse_raw(name: str, image: Image.Image | None = None) -> None:
    """Raise ImageError for a camera's raw file, told by its name or by its tags: Pillow takes its preview for it."""
    tags = getattr(image, "tag_v2", None) or {}
    if DNG_VERSION in tags or PurePath(name).suffix.lower() in RAW_SUFFIXES:
        raise _raw(name)


def _brands(header: bytes) -> set[bytes]:
    if header[4:8] != b"ftyp":
        return set()
    length = min(int.from_bytes(header[:4], "big"), HEADER)
    return {header[8:12], *(header[start : start + 4] for start in range(16, length, 4))}


def _raw(name: str) -> RawPhoto:
    return RawPhoto(
        f"cannot read {name}: it is a camera's raw file; develop it in a photo program and give the JPEG or TIFF"
    )
