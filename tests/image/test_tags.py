"""Colours that are described by tags are converted as if a profile were embedded."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from impasto.image.io import read_picture, write_picture

GREEN = (40, 200, 60)


def flat(color=GREEN, side=16, depth=np.uint8):
    return np.full((side, side, 3), color, depth)


def srgb(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def matrix(*xy):
    """From linear colours of these primaries to XYZ, of white D65."""
    columns = np.stack([[x / y, 1, (1 - x - y) / y] for x, y in xy], axis=1)
    return columns * np.linalg.solve(columns, [0.3127 / 0.3290, 1, 0.3583 / 0.3290])


BT709 = matrix((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE = matrix((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
P3 = matrix((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))


def converted(color, primaries, to_light):
    light = np.linalg.solve(BT709, primaries @ to_light(np.array(color) / 255))
    return np.rint(255 * srgb(light))


def jpeg(index="R03"):
    image = Image.fromarray(flat())
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: index, 2: b"0100"}
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=100, subsampling="4:4:4", exif=exif)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks, pixels=None):
    buffer = BytesIO()
    write_picture(buffer, flat() if pixels is None else pixels, format="PNG")
    data = buffer.getvalue()
    return data[:33] + b"".join(chunk(*one) for one in chunks) + data[33:]


def color_of(data, **more):
    return read_picture(data, **more).pixels[8, 8].astype(int)


def test_adobe_rgb_of_cameras():
    expected = converted(GREEN, ADOBE, lambda values: values ** (563 / 256))
    assert np.abs(color_of(jpeg()) - expected).max() <= 2
    assert np.abs(color_of(jpeg("R98")) - GREEN).max() <= 1


def test_what_is_written_is_srgb_and_says_so():
    exif = Image.Exif()
    exif.load(read_picture(jpeg()).exif)
    assert exif.get_ifd(0x8769)[0xA001] == 1
    assert 0xA005 not in exif.get_ifd(0x8769)


CHRM_P3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
CHRM_SRGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([(b"gAMA", struct.pack(">I", 100_000))], lambda: converted(GREEN, BT709, lambda values: values)),
        ([(b"gAMA", struct.pack(">I", 55_556))], lambda: converted(GREEN, BT709, lambda values: values**1.8)),
        (
            [(b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", CHRM_P3)],
            lambda: converted(GREEN, P3, lambda values: values**2.2),
        ),
        ([(b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", CHRM_SRGB)], lambda: GREEN),
        ([(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))], lambda: GREEN),
        ([(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", struct.pack(">I", 100_000))], lambda: GREEN),
        ([(b"cICP", bytes([1, 8, 0, 1]))], lambda: converted(GREEN, BT709, lambda values: values)),
    ],
)
def test_chunks_of_png(chunks, expected):
    assert np.abs(color_of(png(*chunks)) - expected()).max() <= 2


def test_display_p3_by_number_is_what_its_profile_gives():
    vips = pytest.importorskip("pyvips")
    image = vips.Image.new_from_array(flat()).copy(interpretation="srgb")
    expected = image.icc_transform("srgb", input_profile="p3", intent="relative").numpy()[8, 8]
    assert np.abs(color_of(png((b"cICP", bytes([12, 13, 0, 1])))) - expected.astype(int)).max() <= 2


@pytest.mark.parametrize("transfer", [16, 18])
def test_brighter_than_paper_is_compressed(transfer):
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 16, axis=0).repeat(3, axis=2)
    shown = read_picture(png((b"cICP", bytes([9, transfer, 0, 1])), pixels=ramp)).pixels[8, :, 1].astype(int)
    assert (np.diff(shown) >= 0).all()
    assert shown[0] <= 1
    assert shown[-1] >= 250
    paper = shown[int(63 * (0.58 if transfer == 16 else 0.75))]
    assert 225 <= paper <= 250


def test_sixteen_bits_too():
    pytest.importorskip("pyvips")
    deep = flat(np.array(GREEN) * 257, depth=np.uint16)
    picture = read_picture(png((b"cICP", bytes([1, 8, 0, 1])), pixels=deep), deep=True)
    expected = converted(GREEN, BT709, lambda values: values)
    assert np.abs(picture.deep.pixels[8, 8] / 257 - expected).max() <= 2
    again = BytesIO()
    write_picture(again, picture.deep.pixels, profile=picture.deep.profile, format="PNG")
    np.testing.assert_allclose(color_of(again.getvalue(), deep=True), expected, atol=2)


@pytest.mark.parametrize("grey", [False, True])
def test_one_transparent_colour_of_sixteen_bits(grey):
    pytest.importorskip("pyvips")
    rows = []
    for y in range(8):
        line = b"\0"
        for x in range(8):
            values = (1000 * x + y,) if grey else (1000 * x, 77, y)
            line += struct.pack(f">{len(values)}H", *values)
        rows.append(line)
    header = struct.pack(">IIBBBBB", 8, 8, 16, 0 if grey else 2, 0, 0, 0)
    key = struct.pack(">H", 3002) if grey else struct.pack(">3H", 3000, 77, 2)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tRNS", key)
    data += chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    picture = read_picture(data, deep=True)
    assert np.argwhere(picture.deep.alpha == 0).tolist() == [[2, 3]]
