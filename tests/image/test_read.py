"""What the pixels are, whatever the file."""

from __future__ import annotations

import logging
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from impasto.image.io import read_picture

ASTRONAUT = data.astronaut()[:200, :300]
RAMP = np.arange(256, dtype=np.uint8).reshape(1, 256).repeat(4, axis=0)


def encoded(image, format_name, **options):
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def difference(pixels, expected):
    return np.abs(pixels.astype(int) - expected).mean()


@pytest.mark.parametrize(
    ("format_name", "options", "tolerance"),
    [
        ("JPEG", {"quality": 95}, 2),
        ("JPEG", {"quality": 95, "progressive": True}, 2),
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("BMP", {}, 0),
        ("GIF", {}, 12),
    ],
)
def test_every_format(format_name, options, tolerance):
    picture = read_picture(encoded(Image.fromarray(ASTRONAUT), format_name, **options))
    assert picture.format == format_name
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == ASTRONAUT.shape
    assert picture.pixels.flags.writeable
    assert picture.alpha is None
    assert difference(picture.pixels, ASTRONAUT) <= tolerance


def test_every_kind_of_source(tmp_path):
    content = encoded(Image.fromarray(ASTRONAUT), "PNG")
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with path.open("rb") as stream:
        stream_pixels = read_picture(stream).pixels
    for pixels in (
        read_picture(path).pixels,
        read_picture(str(path)).pixels,
        read_picture(content).pixels,
        stream_pixels,
    ):
        np.testing.assert_array_equal(pixels, ASTRONAUT)


def test_the_content_decides_not_the_name(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(encoded(Image.fromarray(ASTRONAUT), "PNG"))
    picture = read_picture(path)
    assert picture.format == "PNG"
    np.testing.assert_array_equal(picture.pixels, ASTRONAUT)


def test_one_pixel_and_thin_pictures():
    for shape in ((1, 1, 3), (1, 5000, 3), (5000, 1, 3)):
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        np.testing.assert_array_equal(read_picture(encoded(Image.fromarray(pixels), "PNG")).pixels, pixels)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_greyscale_becomes_three_equal_channels(format_name):
    options = {"lossless": True} if format_name == "WEBP" else {}
    pixels = read_picture(encoded(Image.fromarray(RAMP), format_name, **options)).pixels
    assert pixels.shape == (4, 256, 3)
    assert difference(pixels, RAMP[..., None]) <= 1


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "BMP"])
def test_one_bit(format_name):
    pixels = read_picture(encoded(Image.fromarray(RAMP > 127), format_name)).pixels
    np.testing.assert_array_equal(pixels[..., 1], np.where(RAMP > 127, 255, 0))


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_sixteen_bit_greyscale_is_scaled_not_clipped(format_name):
    deep = RAMP.astype(np.uint16) * 257
    pixels = read_picture(encoded(Image.fromarray(deep), format_name)).pixels
    np.testing.assert_array_equal(pixels, np.repeat(RAMP[..., None], 3, axis=-1))


def test_big_endian_sixteen_bit():
    deep = RAMP.astype(">u2") * 257
    image = Image.frombytes("I;16B", (256, 4), deep.astype(">u2").tobytes())
    assert difference(read_picture(encoded(image, "TIFF")).pixels, RAMP[..., None]) == 0


def test_sixteen_bit_colour():
    # Pillow cannot write it, so the PNG is made by hand: signature, header, one row, end.
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = b"\0" + np.array([[65535, 32896, 0], [257, 25700, 51400]], ">u2").tobytes()
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
    pixels = read_picture(png + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")).pixels
    np.testing.assert_array_equal(pixels, [[[255, 128, 0], [1, 100, 200]]])


@pytest.mark.parametrize("top", [65_535, 2**31 - 1])
def test_thirty_two_bit_integers(top):
    deep = (RAMP.astype(np.int64) * top // 255).astype(np.int32)
    assert difference(read_picture(encoded(Image.fromarray(deep), "TIFF")).pixels, RAMP[..., None]) < 0.01


@pytest.mark.parametrize(("scale", "shift"), [(1 / 255, 0), (1, 0), (100, -500), (0.01, -1)])
def test_floats(scale, shift):
    values = RAMP.astype(np.float32) * scale + shift
    np.testing.assert_array_equal(read_picture(encoded(Image.fromarray(values), "TIFF")).pixels[..., 0], RAMP)


def test_floats_that_are_no_numbers_are_black():
    values = np.array([[0.0, np.nan, np.inf, -np.inf, 1.0]], np.float32)
    pixels = read_picture(encoded(Image.fromarray(values), "TIFF")).pixels[..., 0]
    np.testing.assert_array_equal(pixels, [[0, 0, 0, 0, 255]])


def test_a_constant_float_picture_is_readable():
    assert read_picture(encoded(Image.fromarray(np.full((2, 2), 900, np.float32)), "TIFF")).pixels.shape == (2, 2, 3)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_kept_apart(format_name):
    alpha = RAMP[:, :200]
    image = Image.fromarray(np.dstack([ASTRONAUT[:4, :200], alpha]))
    options = {"lossless": True, "exact": True} if format_name == "WEBP" else {}
    picture = read_picture(encoded(image, format_name, **options))
    np.testing.assert_array_equal(picture.alpha, alpha)
    np.testing.assert_array_equal(picture.pixels, ASTRONAUT[:4, :200])


def test_grey_with_alpha():
    image = Image.merge("LA", [Image.fromarray(RAMP), Image.fromarray(RAMP[:, ::-1].copy())])
    picture = read_picture(encoded(image, "PNG"))
    np.testing.assert_array_equal(picture.pixels[..., 2], RAMP)
    np.testing.assert_array_equal(picture.alpha, RAMP[:, ::-1])


@pytest.mark.parametrize(
    ("mode", "transparency"), [("L", 7), ("RGB", (7, 7, 7)), ("P", 7), ("P", bytes([255] * 7 + [0] + [128] * 248))]
)
def test_transparent_colours_and_palettes(mode, transparency):
    image = Image.fromarray(RAMP)
    if mode == "P":
        image.putpalette([level for level in range(256) for _ in range(3)])
    else:
        image = image.convert(mode)
    picture = read_picture(encoded(image, "PNG", transparency=transparency))
    expected = np.full(RAMP.shape, 255)
    if isinstance(transparency, bytes):
        expected[:, 8:] = 128
    expected[:, 7] = 0
    np.testing.assert_array_equal(picture.alpha, expected)
    np.testing.assert_array_equal(picture.pixels[..., 0], RAMP)


def test_an_opaque_palette():
    image = Image.fromarray(ASTRONAUT).quantize(64)
    picture = read_picture(encoded(image, "PNG"))
    assert picture.alpha is None
    np.testing.assert_array_equal(picture.pixels, np.array(image.convert("RGB")))


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame(format_name):
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "lime", "blue")]
    options = {"lossless": True} if format_name == "WEBP" else {}
    picture = read_picture(encoded(frames[0], format_name, save_all=True, append_images=frames[1:], **options))
    assert picture.pixels.shape == (10, 20, 3)
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to((255, 0, 0), (10, 20, 3)))


def test_a_transparent_gif():
    image = Image.new("P", (4, 2), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    picture = read_picture(encoded(image, "GIF", transparency=0))
    assert picture.alpha[0, 0] == 255
    assert picture.alpha[1, 1] == 0
    np.testing.assert_array_equal(picture.pixels[0, 0], (200, 100, 50))


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk(format_name):
    # Pillow writes JPEGs as Adobe does, with inverted inks.
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    options = {"quality": 95} if format_name == "JPEG" else {}
    pixels = read_picture(encoded(inks, format_name, **options)).pixels
    assert difference(pixels, (255, 0, 0)) < 3


def fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(kind, space, connection, tags):
    """An ICC profile (version 2.1) of the given tags."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(81), **tags}
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, offset + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"lcms", 0x02100000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + fixed(*D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


D50 = (0.9642, 1.0, 0.8249)
CURVE = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))
ADOBE_PRIMARIES = {
    b"rXYZ": (0.60974, 0.31111, 0.01947),
    b"gXYZ": (0.20528, 0.62567, 0.06087),
    b"bXYZ": (0.14919, 0.06322, 0.74457),
}
ADOBE_RGB = profile(
    b"mntr",
    b"RGB ",
    b"XYZ ",
    {name: b"XYZ " + bytes(4) + fixed(*value) for name, value in (ADOBE_PRIMARIES | {b"wtpt": D50}).items()}
    | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), CURVE),
)
# A press on which every mixture of inks looks the same: L* 53, a* 80, b* 67, which is sRGB's red.
STRAIGHT = bytes(range(256))
RED_PRESS = profile(
    b"prtr",
    b"CMYK",
    b"Lab ",
    {
        b"wtpt": b"XYZ " + bytes(4) + fixed(*D50),
        b"A2B0": b"mft1"
        + bytes(4)
        + bytes([4, 3, 2, 0])
        + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
        + STRAIGHT * 4
        + bytes([round(53.2 * 2.55), 128 + 80, 128 + 67]) * 16
        + STRAIGHT * 3,
    },
)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_profiles_are_converted_to_srgb(format_name):
    image = Image.new("RGB", (16, 16), (100, 150, 100))
    options = {"lossless": True} if format_name == "WEBP" else {}
    pixels = read_picture(encoded(image, format_name, icc_profile=ADOBE_RGB, **options)).pixels
    # Decoded by 2.2, taken from Adobe's to sRGB's primaries (Bruce Lindbloom's matrices at D65), encoded as sRGB.
    linear = (
        np.array([[1.39836, -0.39836, 0], [0, 1, 0], [0, -0.04294, 1.04294]]) @ (np.array([100, 150, 100]) / 255) ** 2.2
    )
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(pixels - expected).max() < (4 if format_name == "JPEG" else 2)


def test_cmyk_goes_through_its_profile():
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    pixels = read_picture(encoded(image, "TIFF", icc_profile=RED_PRESS)).pixels
    assert difference(pixels, (255, 0, 0)) < 8


def test_an_srgb_profile_changes_nothing():
    pixels = read_picture(encoded(Image.fromarray(ASTRONAUT), "PNG", icc_profile=SRGB)).pixels
    assert np.abs(pixels.astype(int) - ASTRONAUT).max() <= 1


def test_profiles_leave_alpha_alone():
    image = Image.new("RGBA", (8, 8), (100, 150, 100, 77))
    picture = read_picture(encoded(image, "PNG", icc_profile=ADOBE_RGB))
    assert (picture.alpha == 77).all()
    assert picture.pixels[0, 0, 0] < 80


def test_grey_and_palette_pictures_with_a_colour_profile():
    for image in (Image.fromarray(RAMP), Image.fromarray(ASTRONAUT).quantize(32)):
        pixels = read_picture(encoded(image, "PNG", icc_profile=SRGB)).pixels
        assert difference(pixels, np.array(image.convert("RGB"))) < 1


@pytest.mark.parametrize("profile", [b"no profile", ADOBE_RGB[:200], bytes(500)])
def test_a_damaged_profile_is_logged_and_ignored(profile, caplog):
    content = encoded(Image.fromarray(ASTRONAUT), "PNG", icc_profile=profile)
    with caplog.at_level(logging.WARNING):
        pixels = read_picture(content).pixels
    np.testing.assert_array_equal(pixels, ASTRONAUT)
    assert "profile was ignored" in caplog.text


def test_a_profile_for_other_pictures_is_logged_and_ignored(caplog):
    content = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", icc_profile=SRGB)
    assert difference(read_picture(content).pixels, (255, 0, 0)) < 3
    assert "profile was ignored" in caplog.text
