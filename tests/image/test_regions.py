"""A picture in a file, region by region."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from impasto.image.regions import RawPicture
from impasto.image.tiff import tiff_header

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_written_is_read(dtype, tmp_path):
    expected = RNG.integers(0, 256, (40, 50, 4)).astype(dtype)
    path = tmp_path / "raw"
    path.write_bytes(b"head")
    picture = RawPicture(path, expected.shape, np.dtype(dtype), offset=4)
    for rows in (slice(20, 40), slice(0, 20)):
        for columns in (slice(0, 17), slice(17, 50)):
            picture[rows, columns] = expected[rows, columns]
    np.testing.assert_array_equal(picture[0:40, 0:50], expected)
    np.testing.assert_array_equal(picture.select(slice(3))[5:9, 7:30:3], expected[5:9, 7:30:3, :3])
    assert picture.select(slice(3, 4)).shape == (40, 50, 1)
    assert path.read_bytes()[:4] == b"head"


@pytest.mark.parametrize(("dtype", "samples"), [(np.uint8, 3), (np.uint8, 4)])
def test_a_tiff_header_makes_samples_a_tiff(dtype, samples, tmp_path):
    pixels = RNG.integers(0, 256, (40, 50, samples)).astype(dtype)
    (tmp_path / "a.tif").write_bytes(tiff_header(pixels.shape, pixels.dtype, None, (300, 300), None) + pixels.tobytes())
    with Image.open(tmp_path / "a.tif") as image:
        assert image.info["dpi"] == (300, 300)
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_above_four_gigabytes_it_is_a_bigtiff(tmp_path):
    shape = (40_000, 40_000, 3)
    header = tiff_header(shape, np.dtype(np.uint8), None, (300, 300), None)
    assert header[:4] == b"II+\0"
    with (tmp_path / "big.tif").open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 40_000 * 40_000 * 3)  # a hole takes no room
    with TiffImageFile(tmp_path / "big.tif") as image:
        assert image.size == shape[:2]
        assert image.tag_v2[TiffImagePlugin.STRIPOFFSETS] == (len(header),)
        assert image.tag_v2[TiffImagePlugin.STRIPBYTECOUNTS] == (40_000 * 40_000 * 3,)
    picture = RawPicture(tmp_path / "big.tif", shape, np.dtype(np.uint8), offset=len(header))
    last = slice(39_999, 40_000), slice(39_999, 40_000)
    picture[last] = np.uint8([[[7, 8, 9]]])
    assert picture[last].tolist() == [[[7, 8, 9]]]
