"""EXIF and resolution: what survives, what must not."""

from __future__ import annotations

import logging
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps, features
from PIL.TiffImagePlugin import IFDRational
from skimage import data

from impasto.image.decode import resolution
from impasto.image.io import read_picture, write_picture

ASTRONAUT = data.astronaut()[:48, :80]
Tag, Ifd = ExifTags.Base, ExifTags.IFD


ARTIST = "Élodie 画家"


def camera_exif(orientation=1):
    exif = Image.Exif()
    exif[Tag.Make] = "Maker"
    exif[Tag.Artist] = ARTIST.encode()
    exif[Tag.DateTime] = "2026:11:22 10:00:00"
    exif[Tag.Orientation] = orientation
    exif[Ifd.Exif] = {
        Tag.DateTimeOriginal: "2026:11:21 09:00:00",
        Tag.ExposureTime: IFDRational(1, 250),
        Tag.LensModel: "A lens",
        Tag.UserComment: b"ASCII\0\0\0hello",
        Tag.MakerNote: b"offsets into the old file",
        Tag.ExifImageWidth: 80,
        Tag.ColorSpace: 65535,
    }
    exif[Ifd.GPSInfo] = {1: "N", 2: (48.0, 51.0, 30.0)}
    # Once more by way of bytes, as Pillow's TIFF writer does not take parts that were set from a dict.
    loaded = Image.Exif()
    loaded.load(exif.tobytes())
    loaded[Tag.Artist] = ARTIST.encode()
    return loaded


def encoded(format_name="JPEG", pixels=ASTRONAUT, **options):
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format_name, **options)
    return buffer.getvalue()


def written(picture, format_name, **options):
    buffer = BytesIO()
    write_picture(buffer, picture.pixels, format=format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(format_name, orientation):
    exif = Image.Exif()
    exif[Tag.Orientation] = orientation
    options = {"lossless": True} if format_name == "WEBP" else {"quality": 95} if format_name == "JPEG" else {}
    picture = read_picture(encoded(format_name, exif=exif, **options))
    if orientation >= 5:
        assert picture.pixels.shape == (80, 48, 3)
    turned = {
        1: ASTRONAUT,
        2: ASTRONAUT[:, ::-1],
        3: ASTRONAUT[::-1, ::-1],
        4: ASTRONAUT[::-1],
        5: ASTRONAUT.swapaxes(0, 1),
        6: np.rot90(ASTRONAUT, -1),
        7: np.rot90(ASTRONAUT, 2).swapaxes(0, 1),
        8: np.rot90(ASTRONAUT),
    }[orientation]
    assert np.abs(picture.pixels.astype(int) - turned).mean() < 4
    again = read_picture(written(picture, format_name, exif=picture.exif, quality=100))
    assert np.abs(again.pixels.astype(int) - picture.pixels).mean() < 1


def test_orientation_turns_alpha_too():
    exif = Image.Exif()
    exif[Tag.Orientation] = 6
    alpha = np.arange(48 * 80, dtype=np.uint32).astype(np.uint8).reshape(48, 80)
    picture = read_picture(encoded("PNG", np.dstack([ASTRONAUT, alpha]), exif=exif))
    np.testing.assert_array_equal(picture.alpha, np.rot90(alpha, -1))


@pytest.mark.parametrize("source_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("target_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_what_an_owner_expects_survives(source_format, target_format):
    picture = read_picture(encoded(source_format, exif=camera_exif(6)))
    with Image.open(BytesIO(written(picture, target_format, exif=picture.exif))) as image:
        assert image.size == (48, 80)
        exif = image.getexif()
        camera, place = exif.get_ifd(Ifd.Exif), exif.get_ifd(Ifd.GPSInfo)
        assert ImageOps.exif_transpose(image).size == (48, 80)
    assert exif[Tag.Make] == "Maker"
    assert exif[Tag.Artist].encode("latin-1").decode() == ARTIST
    assert exif[Tag.DateTime] == "2026:11:22 10:00:00"
    assert camera[Tag.DateTimeOriginal] == "2026:11:21 09:00:00"
    assert float(camera[Tag.ExposureTime]) == pytest.approx(1 / 250)
    assert camera[Tag.LensModel] == "A lens"
    assert camera[Tag.UserComment] == b"ASCII\0\0\0hello"
    assert place[1] == "N"
    assert [float(value) for value in place[2]] == [48, 51, 30]
    assert camera[Tag.ColorSpace] == 1
    assert Tag.MakerNote not in camera
    assert Tag.ExifImageWidth not in camera
    assert exif.get(Tag.Orientation, 1) == 1


def test_no_thumbnail_of_the_unpainted_photo_survives():
    exif = camera_exif()
    thumbnail = encoded("JPEG", ASTRONAUT[:8, :8])
    raw = exif.tobytes()
    assert raw[:6] == b"Exif\0\0"
    picture = read_picture(encoded(exif=raw + thumbnail))
    assert thumbnail not in picture.exif


def test_a_tiffs_layout_is_not_copied():
    picture = read_picture(encoded("TIFF", exif=camera_exif()))
    exif = Image.Exif()
    exif.load(picture.exif)
    assert set(exif) == {Tag.Make, Tag.Artist, Tag.DateTime, Ifd.Exif, Ifd.GPSInfo}


@pytest.mark.parametrize("format_name", ["PNG", "BMP", "GIF", "TIFF"])
def test_no_exif_is_none(format_name):
    assert read_picture(encoded(format_name)).exif is None


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("damage", [b"Exif\0\0", b"Exif\0\0garbage!", b"Exif\0\0II*\0\xff\xff\xff\xff", b"nonsense"])
def test_damaged_exif_does_not_cost_the_picture(damage, caplog):
    with caplog.at_level(logging.WARNING):
        picture = read_picture(encoded(exif=damage))
    assert picture.pixels.shape == ASTRONAUT.shape


def test_exif_too_long_for_a_jpeg_is_left_out_with_a_warning(caplog):
    exif = Image.Exif()
    exif[Tag.ImageDescription] = "x" * 70_000
    picture = read_picture(encoded("PNG", exif=exif))
    with caplog.at_level(logging.WARNING):
        content = written(picture, "JPEG", exif=picture.exif)
    assert "too long" in caplog.text
    assert read_picture(content).exif is None


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "BMP"])
def test_resolution_survives(format_name):
    picture = read_picture(encoded(format_name, dpi=(300, 300)))
    assert picture.dpi == pytest.approx((300, 300), rel=1e-3)
    assert read_picture(written(picture, format_name, dpi=picture.dpi)).dpi == pytest.approx((300, 300), rel=1e-3)


@pytest.mark.parametrize("format_name", ["WEBP", "AVIF"])
@pytest.mark.parametrize("exif", [False, True])
def test_resolution_survives_in_exif_where_there_is_no_other_place(format_name, exif):
    if format_name == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    kept = read_picture(encoded("JPEG", exif=camera_exif())).exif if exif else None
    again = read_picture(written(read_picture(encoded()), format_name, dpi=(300, 240), exif=kept))
    assert again.dpi == pytest.approx((300, 240), rel=1e-3)
    assert again.exif == kept


def test_no_resolution_is_none():
    assert read_picture(encoded("PNG")).dpi is None


@pytest.mark.parametrize("dpi", [(0, 0), (300, float("nan")), (-1, 1), ("x", 1), 72, (IFDRational(0, 0),) * 2])
def test_implausible_resolution_is_none(dpi):
    image = Image.fromarray(ASTRONAUT)
    image.info["dpi"] = dpi
    assert resolution(image) is None
