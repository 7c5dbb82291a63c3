"""Files that lack, or have too much of, something that is not their picture."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
from PIL import Image

__all__ = ["mended_jpeg", "without_large_chunks"]

END_OF_IMAGE = b"\xff\xd9"
# Would be decoded as more of the picture, if any were missing: so two of them give two pictures then.
PROBES = (b"\x55" * 64, b"\x12\x8c" * 32)
LARGE = 2**20  # bytes, up to which Pillow reads texts and profiles
PNG = b"\x89PNG\r\n\x1a\n"
WORDS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf")


def mended_jpeg(data: bytes) -> bytes | None:
    """A JPEG that lacks its end mark and nothing else, with it; None for any other data."""
    if not data.startswith(b"\xff\xd8") or data.rstrip(b"\0").endswith(END_OF_IMAGE):
        return None
    data = data.removesuffix(b"\xff")
    try:
        one, other = (_decoded(data + probe + END_OF_IMAGE) for probe in PROBES)
    except Exception:  # noqa: BLE001 - Pillow raises almost anything on damaged data
        return None
    return data + END_OF_IMAGE if np.array_equal(one, other) else None


def without_large_chunks(data: bytes) -> bytes | None:
    """A PNG without the texts and profiles that are too large to be read; None if it has none, or is no PNG."""
    if not data.startswith(PNG):
        return None
    kept, place, dropped = [PNG], len(PNG), False
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        chunk = data[place : place + length + 12]
        # What is compressed may become a thousand times as large.
        if kind in WORDS and (length > LARGE // 1000):
            dropped = True
        else:
            kept.append(chunk)
        place += length + 12
    return b"".join(kept) if dropped else None


def _decoded(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data), formats=["JPEG"]) as image:
        return np.asarray(image)
