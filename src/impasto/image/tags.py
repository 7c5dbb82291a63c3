"""Colours described by tags instead of a profile, as a profile: Adobe RGB of cameras; cICP, cHRM and gAMA of PNG.

What is built is an ICC profile of version 2, by which every reader here converts as by an embedded one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

__all__ = ["TO_LIGHT", "tagged_profile"]

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Chromaticities = tuple[float, ...]  # x and y of white, red, green and blue

D65, DCI = (0.3127, 0.3290), (0.314, 0.351)
BT709 = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_RGB = (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_GAMMA = 563 / 256
# ITU-T H.273's numbers, which cICP uses.
PRIMARIES: dict[int, Chromaticities] = {
    1: BT709,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (*DCI, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
SRGB_LIKE = (1, 6, 13, 14, 15)  # transfers; those of television are shown as sRGB's is
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
PQ, HLG = 16, 18
PAPER_WHITE = 203.0  # candela per square metre, ITU-R BT.2408
HLG_PEAK = 1000.0
KNEE = 0.75  # where brighter light begins to be compressed
GAMMA_TOLERANCE = 0.03  # what writers mean by sRGB, and its colours, is rounded in many ways
CHROMATICITY_TOLERANCE = 0.004
ENTRIES = 1024
D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
PNG_BEGIN = 8


def tagged_profile(image: Image.Image, stream: BinaryIO | None) -> bytes | None:
    """The profile that the file's tags amount to; None if they say sRGB or nothing.

    Args:
        image: as Pillow opened it, without an embedded profile.
        stream: the file, whose position is kept; needed for cICP.
    """
    if image.format == "PNG":
        # In the order of PNG's third edition: each of these makes those after it void.
        if stream is not None and (found := _cicp(stream)) is not None:
            return _of_cicp(*found)
        if "srgb" in image.info:
            return None
        return _of_png(image.info.get("gamma"), image.info.get("chromaticity"))
    try:
        exif = image.getexif()
        interoperability = exif.get_ifd(ExifTags.IFD.Interop).get(1) or exif.get_ifd(ExifTags.IFD.Exif).get(0xA005)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and is reported where it is kept
        return None
    if isinstance(interoperability, dict):
        interoperability = interoperability.get(1)
    is_adobe = isinstance(interoperability, str) and interoperability.strip("\0 ") == "R03"
    return _profile(ADOBE_RGB, ADOBE_GAMMA) if is_adobe else None


def _of_png(gamma: float | None, chromaticity: Chromaticities | None) -> bytes | None:
    colors = tuple(map(float, chromaticity)) if chromaticity and len(chromaticity) == 8 else BT709
    near = max(abs(one - other) for one, other in zip(colors, BT709, strict=True)) <= CHROMATICITY_TOLERANCE
    exponent = 1 / gamma if gamma else None
    usual = exponent is None or abs(exponent / 2.2 - 1) <= GAMMA_TOLERANCE
    if near and usual:
        return None
    if exponent is not None and not 0.2 <= exponent <= 10:
        return None
    return _profile(colors, srgb_to_light if exponent is None else exponent)


def _of_cicp(primaries: int, transfer: int) -> bytes | None:
    if primaries not in PRIMARIES or (primaries == 1 and transfer in SRGB_LIKE):
        return None
    curve = GAMMAS.get(transfer) or TO_LIGHT.get(transfer) or srgb_to_light
    return _profile(PRIMARIES[primaries], curve)


def _cicp(stream: BinaryIO) -> tuple[int, int] | None:
    """The numbers of primaries and transfer in a PNG's cICP chunk."""
    place = stream.tell()
    try:
        stream.seek(PNG_BEGIN)
        while len(header := stream.read(8)) == 8:
            length, kind = struct.unpack(">I4s", header)
            if kind == b"cICP" and length == 4:
                found = stream.read(2)
                return (found[0], found[1]) if len(found) == 2 else None
            if kind in (b"IDAT", b"IEND"):
                return None
            stream.seek(length + 4, 1)
        return None
    finally:
        stream.seek(place)


def srgb_to_light(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1, from stored values to light, both in [0, 1]."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _pq(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, with what is brighter than paper compressed."""
    root = values ** (32 / 2523)
    light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305)
    return _compressed(light * 10_000 / PAPER_WHITE)


def _hlg(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """ARIB STD-B67 on a screen of 1,000 cd/m², with what is brighter than paper compressed."""
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return _compressed(scene**1.2 * HLG_PEAK / PAPER_WHITE)


# By H.273's numbers: stored values to the light of an ordinary screen, both in [0, 1].
TO_LIGHT: dict[int, Curve] = {PQ: _pq, HLG: _hlg}


def _compressed(light: NDArray[np.float64]) -> NDArray[np.float64]:
    over = np.maximum(light - KNEE, 0) / (1 - KNEE)
    return np.minimum(light, KNEE) + (1 - KNEE) * (1 - np.exp(-over))


def _profile(chromaticities: Chromaticities, curve: float | Curve) -> bytes:
    """A display profile of three primaries and one curve."""
    white, *primaries = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in _pairs(chromaticities))
    matrix = np.stack(primaries, axis=1)
    matrix = matrix * np.linalg.solve(matrix, white)
    adapt = np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ D50) / (BRADFORD @ white)) @ BRADFORD
    red, green, blue = (adapt @ matrix).T
    text = b"by the file's own tags\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0" + b"none\0",
        b"wtpt": _xyz(D50),
        b"rXYZ": _xyz(red),
        b"gXYZ": _xyz(green),
        b"bXYZ": _xyz(blue),
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(curve))
    table, body = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", begin + len(body), len(data))
        body += padded
    size = begin + len(body)
    header = struct.pack(">I4s4s4s4s4s", size, bytes(4), b"\x02\x10\0\0", b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz(D50)[8:]
    return header.ljust(128, b"\0") + table + body


def _pairs(values: Chromaticities) -> list[tuple[float, float]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _xyz(color: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65_536) for value in color))


def _curve(curve: float | Curve) -> bytes:
    if isinstance(curve, (int, float)):
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(curve * 256))
    values = np.rint(np.clip(curve(np.linspace(0, 1, ENTRIES)), 0, 1) * 65_535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", ENTRIES) + values.tobytes()
