"""Files that other programs read, and that were refused for something that is not their picture."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from impasto.errors import ImageError
from impasto.image.io import read_picture


def drawn(height=40, width=56):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 4, y * 6, (x + y) * 2], -1).astype(np.uint8)


def saved(format_name, **details):
    buffer = BytesIO()
    Image.fromarray(drawn()).save(buffer, format_name, **details)
    return buffer.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_a_png_with_a_large_text(compressed):
    info = PngImagePlugin.PngInfo()
    info.add_text("history", "painted " * 300_000, zip=compressed)
    np.testing.assert_array_equal(read_picture(saved("PNG", pnginfo=info)).pixels, drawn())


def test_a_png_with_a_large_profile():
    np.testing.assert_array_equal(read_picture(saved("PNG", icc_profile=bytes(2**21))).pixels, drawn())


@pytest.mark.parametrize("details", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_a_jpeg_that_lacks_only_its_end_mark(details):
    whole = saved("JPEG", **details)
    np.testing.assert_array_equal(read_picture(whole[:-2]).pixels, read_picture(whole).pixels)
    np.testing.assert_array_equal(read_picture(whole[:-1]).pixels, read_picture(whole).pixels)
    for missing in (12, 60, len(whole) // 3):
        with pytest.raises(ImageError, match="damaged or incomplete"):
            read_picture(whole[:-missing])


@pytest.mark.parametrize(
    ("bands", "dtype", "interpretation"),
    [
        (5, np.uint8, "cmyk"),
        (3, np.float32, "scrgb"),
        (3, np.int16, "labs"),
        (2, np.uint16, "grey16"),
        (2, np.uint8, "b-w"),
    ],
)
def test_tiffs_of_every_kind(bands, dtype, interpretation):
    vips = pytest.importorskip("pyvips")
    rgb = vips.Image.new_from_array(drawn(), interpretation="srgb")
    image = rgb.colourspace(interpretation)
    alpha = np.where(np.arange(56) < 30, 1.0, 0.25) * np.ones((40, 1))
    if bands in (2, 5):
        top = np.iinfo(dtype).max
        image = image.bandjoin(vips.Image.new_from_array((alpha * top).astype(dtype)))
    assert (image.bands, image.numpy().dtype) == (bands, dtype)
    picture = read_picture(image.write_to_buffer(".tif"))
    expected = image[: bands - 1] if bands == 5 else image[0] if bands == 2 else image
    expected = expected.colourspace("srgb").numpy().reshape(40, 56, -1)[..., :3]
    # The ways from inks to a screen differ in how they treat what it cannot show.
    assert np.abs(picture.pixels.astype(int) - expected).max() <= (16 if bands == 5 else 2)
    if bands in (2, 5):
        assert np.abs(picture.alpha / 255 - alpha).max() < 0.01


def test_how_many_pictures_a_file_has_is_known():
    frames = [Image.fromarray(drawn()), Image.fromarray(drawn()[::-1].copy())]
    for format_name in ("GIF", "TIFF", "WEBP", "PNG"):
        buffer = BytesIO()
        frames[0].save(buffer, format_name, save_all=True, append_images=frames[1:])
        assert read_picture(buffer.getvalue()).frames == 2
    assert read_picture(saved("JPEG")).frames == 1
