"""Files of clients: read into memory, and looked at just enough to refuse what is no picture and no film."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import UploadFile

from impasto.image.phone import HEADER, is_phone_picture
from impasto.serve.errors import Refused

__all__ = ["film_suffix", "is_picture", "read_picture_file"]

HEAD = HEADER
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"GIF8")
# What film files begin with, and what their names end in. Text is never a film here: playlists and descriptions of
# streams, which FFmpeg reads as films, name other files and other hosts.
FILMS: Mapping[tuple[int, bytes], str] = {
    (4, b"ftyp"): ".mp4",
    (4, b"moov"): ".mov",
    (4, b"mdat"): ".mov",
    (4, b"wide"): ".mov",
    (0, b"\x1a\x45\xdf\xa3"): ".mkv",
    (8, b"AVI "): ".avi",
    (0, b"OggS"): ".ogv",
    (0, b"FLV\x01"): ".flv",
    (0, b"\0\0\x01\xba"): ".mpg",
    (0, b"\0\0\x01\xb3"): ".mpg",
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"): ".wmv",
    (0, b"\x47\x40"): ".ts",
    (0, b"GIF8"): ".gif",
}


def is_picture(head: bytes) -> bool:
    """Whether a file begins as one of the pictures that are read."""
    return head.startswith(PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or is_phone_picture(head)


def film_suffix(head: bytes) -> str | None:
    """What the name of a film that begins so ends in; ``None`` if none that is read begins so."""
    if is_phone_picture(head):
        return None  # of a film's kind of container
    return next((suffix for (place, sign), suffix in FILMS.items() if head[place : place + len(sign)] == sign), None)


async def read_picture_file(file: UploadFile, name: str) -> bytes:
    """A picture's file as bytes.

    Args:
        name: of the form's field, for the error.

    Raises:
        Refused: it is none.
    """
    data = await file.read()
    if not data:
        raise Refused(422, f"{name} is empty, expected a picture's file")
    if not is_picture(data[:HEAD]):
        raise Refused(415, f"{name} is no JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture")
    return data
