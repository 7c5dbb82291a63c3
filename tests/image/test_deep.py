"""Pictures of 16 bits: what is read, what is written, and what survives both."""

from __future__ import annotations

import logging
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms, ImageOps

from impasto.errors import ImageError, MissingExtra, PictureTooLarge
from impasto.image import deep
from impasto.image.deep import DeepPixels
from impasto.image.io import read_picture, write_picture
from impasto.image.levels import to_8_bits

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 65_536, (40, 60, 3), dtype=np.uint16)
ALPHA = RNG.integers(0, 65_536, (40, 60), dtype=np.uint16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def vips():
    try:
        import pyvips
    except (ImportError, OSError):
        pytest.skip("libvips is not installed (pip install 'impasto[print]')")
    return pyvips


@pytest.fixture
def wide_gamut(vips):
    """A profile of other primaries than sRGB's."""
    image = vips.Image.new_from_array(PIXELS, interpretation="rgb16")
    return image.icc_transform("p3", input_profile="srgb", depth=16).get("icc-profile-data")


def written(format_name, pixels=PIXELS, **details):
    buffer = BytesIO()
    write_picture(buffer, pixels, format=format_name, **details)
    return buffer.getvalue()


def tiff(pixels, **options):
    buffer = BytesIO()
    tifffile.imwrite(buffer, pixels, **{"photometric": "rgb", **options})
    return buffer.getvalue()


def camera_exif(**extra):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.LensModel: "A lens"}
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 51.0, 30.0)}
    for tag, value in extra.items():
        exif[ExifTags.Base[tag]] = value
    return exif.tobytes()


@pytest.mark.usefixtures("vips")
@pytest.mark.parametrize("format_name", ["TIFF", "PNG"])
@pytest.mark.parametrize("alpha", [None, ALPHA])
def test_every_bit_and_all_that_belongs_to_it_survives(format_name, alpha):
    data = written(format_name, alpha=alpha, exif=camera_exif(), dpi=(300, 240), profile=SRGB)
    picture = read_picture(data, deep=True)
    np.testing.assert_array_equal(picture.deep.pixels, PIXELS)
    if alpha is None:
        assert picture.deep.alpha is None
        assert picture.alpha is None
    else:
        np.testing.assert_array_equal(picture.deep.alpha, alpha)
        np.testing.assert_array_equal(picture.alpha, to_8_bits(alpha))
    assert picture.deep.profile == SRGB
    assert picture.dpi == pytest.approx((300, 240), abs=0.1)
    assert picture.format == format_name
    np.testing.assert_array_equal(picture.pixels, to_8_bits(PIXELS))
    kept = Image.Exif()
    kept.load(picture.exif)
    assert kept[ExifTags.Base.Artist] == "A. Photographer"
    assert kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.LensModel] == "A lens"
    assert kept.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 51.0, 30.0)


def test_other_programs_read_our_tiffs_and_find_the_profile_and_the_resolution():
    data = written("TIFF", alpha=ALPHA, dpi=(300, 300))
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages[0]
        np.testing.assert_array_equal(page.asarray(), np.dstack([PIXELS, ALPHA]))
        assert page.tags["XResolution"].value == (300, 1)
        assert page.tags["ExtraSamples"].value == (2,)
    with Image.open(BytesIO(data)) as image:
        assert (image.mode, image.size) == ("RGBA", (60, 40))


@pytest.mark.usefixtures("vips")
@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zlib", "predictor": True},
        {"planarconfig": "separate"},
        {"byteorder": ">"},
        {"tile": (16, 16)},
        {"bigtiff": True},
    ],
)
def test_every_way_to_lay_out_a_tiff(options):
    pixels = np.moveaxis(PIXELS, -1, 0) if "planarconfig" in options else PIXELS
    np.testing.assert_array_equal(read_picture(tiff(pixels, **options), deep=True).deep.pixels, PIXELS)


@pytest.mark.usefixtures("vips")
def test_grey_becomes_colour_and_keeps_its_bits():
    for data in (tiff(ALPHA, photometric="minisblack"), _grey_png()):
        found = read_picture(data, deep=True).deep
        assert found.pixels.shape == (40, 60, 3)
        assert np.abs(found.pixels.astype(int) - ALPHA[..., None]).max() <= 1


def _grey_png():
    buffer = BytesIO()
    Image.fromarray(ALPHA).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_profile_goes_in_and_comes_out(vips, wide_gamut):
    data = written("TIFF", profile=wide_gamut)
    with tifffile.TiffFile(BytesIO(data)) as file:
        assert bytes(file.pages[0].tags[34675].value) == wide_gamut
        stored = file.pages[0].asarray()
    assert np.abs(stored.astype(int) - PIXELS).mean() > 500, "the same colours are other numbers there"
    found = read_picture(data, deep=True).deep
    error = np.abs(found.pixels.astype(int) - PIXELS)
    assert found.profile == wide_gamut
    assert error.mean() < 30
    assert error.max() < 2.5 * 257


@pytest.mark.usefixtures("vips")
def test_a_damaged_profile_is_logged_and_left_out(caplog):
    data = written("TIFF", profile=b"no profile at all" * 20)
    assert "profile was left out" in caplog.text
    np.testing.assert_array_equal(read_picture(data, deep=True).deep.pixels, PIXELS)
    caplog.clear()
    found = read_picture(tiff(PIXELS, iccprofile=b"no profile at all" * 20), deep=True).deep
    assert "profile was ignored" in caplog.text
    assert found.profile is None
    np.testing.assert_array_equal(found.pixels, PIXELS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_as_pillow_turns(orientation):
    grey = np.arange(24, dtype=np.uint8).reshape(4, 6)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    buffer = BytesIO()
    Image.fromarray(grey).save(buffer, "TIFF", exif=exif)
    with Image.open(buffer) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    deep_grey = grey.astype(np.uint16) * 257
    turned = DeepPixels(np.dstack([deep_grey] * 3), deep_grey).turned(orientation)
    np.testing.assert_array_equal(to_8_bits(turned.alpha), expected)
    np.testing.assert_array_equal(to_8_bits(turned.pixels[..., 1]), expected)


@pytest.mark.usefixtures("vips")
def test_the_orientation_of_a_file_is_applied_once():
    data = tiff(PIXELS, extratags=[(274, "H", 1, 6, True)])
    picture = read_picture(data, deep=True)
    assert picture.deep.pixels.shape == (60, 40, 3)
    np.testing.assert_array_equal(picture.deep.pixels, np.rot90(PIXELS, -1))


def test_eight_bits_and_floats_are_not_deep():
    for data in (
        written("TIFF", to_8_bits(PIXELS)),
        written("PNG", to_8_bits(PIXELS)),
        written("JPEG", to_8_bits(PIXELS)),
        tiff(ALPHA.astype(np.float32), photometric="minisblack"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deep, "libvips", lambda _: pytest.fail("libvips was asked"))
            assert read_picture(data, deep=True).deep is None


def test_unless_asked_for_nothing_is_deep():
    assert read_picture(written("TIFF")).deep is None


def test_formats_of_eight_bits_get_the_nearest():
    for format_name in ("WEBP", "BMP"):
        picture = read_picture(written(format_name, quality=100))
        np.testing.assert_array_equal(picture.pixels, to_8_bits(PIXELS))


@pytest.mark.usefixtures("vips")
@pytest.mark.parametrize("format_name", ["TIFF", "PNG"])
def test_damaged_files_are_one_sentence(format_name):
    whole = written(format_name)
    for end in (len(whole) // 3, len(whole) - 200):
        with pytest.raises(ImageError) as caught:
            read_picture(whole[:end], deep=True)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(PictureTooLarge):
        read_picture(whole, deep=True, max_pixels=100)


@pytest.fixture
def no_vips(monkeypatch):
    def missing(_purpose):
        raise MissingExtra("print", "painting 16-bit pictures")

    monkeypatch.setattr(deep, "libvips", missing)


@pytest.mark.usefixtures("no_vips")
def test_without_libvips_eight_bits_are_read_and_the_extra_is_named(caplog):
    with caplog.at_level(logging.WARNING):
        picture = read_picture(written("TIFF"), deep=True)
    assert picture.deep is None
    assert np.abs(picture.pixels.astype(int) - PIXELS // 256).max() == 0
    assert "impasto[print]" in caplog.text
    with pytest.raises(MissingExtra, match=r"impasto\[print\]"):
        written("PNG")
