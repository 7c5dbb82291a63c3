from __future__ import annotations

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from impasto.errors import ImageError
from impasto.image.given import pixels_of
from impasto.image.io import read_picture


@pytest.fixture
def file(tmp_path, photo):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(photo).save(tmp_path / "photo.png", exif=exif)
    return tmp_path / "photo.png"


def test_paths_images_and_pictures_give_the_same_upright_pixels(file, photo):
    expected = np.rot90(photo, -1)
    with Image.open(file) as image:
        for given in (file, str(file), image, read_picture(file)):
            assert np.array_equal(pixels_of(given), expected)


def test_an_array_and_what_is_no_picture_come_back_as_they_are(photo):
    assert pixels_of(photo) is photo
    assert pixels_of(7) == 7


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16", "F", "YCbCr"])
def test_images_of_every_mode(mode, photo):
    image = Image.fromarray(photo)
    made = image.convert("L").convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
    pixels = pixels_of(made)
    assert (pixels.shape, pixels.dtype) == (photo.shape, np.uint8)


def test_an_images_profile_is_converted(photo):
    image = Image.fromarray(photo)
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(pixels_of(image), photo), "a profile for something else is ignored"


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        pixels_of(tmp_path / "absent.jpg")


def test_colours_under_transparency_are_not_given(tmp_path, photo):
    alpha = np.full(photo.shape[:2], 255, np.uint8)
    alpha[:, :50] = 0
    other = photo.copy()
    other[:, :50] = (255, 0, 255)
    for name, pixels in (("one.png", photo), ("other.png", other)):
        Image.fromarray(np.dstack([pixels, alpha])).save(tmp_path / name)
    for kind in (str, Image.open, read_picture):
        one, another = (pixels_of(kind(tmp_path / name)) for name in ("one.png", "other.png"))
        assert np.array_equal(one, another)
        assert np.array_equal(one[:, 60:], photo[:, 60:])
