"""What phones write: HEIC, AVIF and raw files."""

from __future__ import annotations

import base64
import sys
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image, TiffImagePlugin

from impasto.errors import ImageError
from impasto.image.io import read_picture, write_picture

# 64×32, left half red and right half blue, to be turned by a quarter; made with pillow-heif, as ours cannot write.
HEIC = zlib.decompress(
    base64.b64decode(
        "eNpjYGCQSSupLMhIzUxmAILczDRDEDs3MzGNgYHxRG5qSSIDBChmpOQUQdkMBZnJJQxowCQzJx9siIsDAxMDI4jF+AZCA0EbUAwI"
        "mIrgIjZAbJGZmZcG5oFkRYGcVLAyoJqMsmRDBiRBRpAS14pMsHK+gsySXAaoSkb2zIKiAiD7WWZBcj6QLgPqdWZkBglNACuS+8Dw"
        "5++PHwwM/MwJQB0SDow8jP//gxQwg1Qwg5DcLiaHRKCklhMjI5rMAoVG1mmvnizbuYMjw0ABKMQMIhgUk4DK2VwYDxYf6ARaIpyc"
        "n1OUl5xTARTlZWBrAAqJZBYXpEK96wDFGsk5iQVQNigoFKA0OBD+////ABoYAgWZFZkgQWYODg4gxZlZlF8CdA+DZGZBLixSGBkY"
        "2RqZmFlb2oAcqcyi1DSoBF9ySnEyOBpAZp/KTUkExVeTBuN6lh+FKZe3/6+v////Upq1/puV+TXNv+Nee/9dcej/f/mevct1K5f/"
        "MAp1qS/anGDax2AmY/K9tuB75cWtKWpq3Lm1JvdFp3zfG3XxWgd7c9V9kUnTtHUaP53aOT/Z3CBgVUtkzQFfW44NhvO1LFYtDXvg"
        "vJF9pURw1v6/QoEW9kqqv7KPXge6gg0Si76+DFpAHgcDEyMf2Mc8QKzGKAQKdFDAQjxSUp6vAAzY/NKiYgYA1vib0A=="
    )
)
RED, BLUE = (200, 40, 40), (40, 40, 200)


@pytest.mark.parametrize("as_file", [True, False])
def test_a_heic_is_read_upright_with_its_exif(tmp_path, as_file):
    pytest.importorskip("pi_heif")
    (tmp_path / "photo.heic").write_bytes(HEIC)
    picture = read_picture(tmp_path / "photo.heic" if as_file else HEIC)
    assert picture.format == "HEIF"
    assert picture.pixels.shape == (64, 32, 3)
    assert np.abs(picture.pixels[4:28].astype(int) - RED).max() < 6
    assert np.abs(picture.pixels[36:60].astype(int) - BLUE).max() < 6
    assert b"two colours" in picture.exif


def test_where_nothing_reads_it_the_command_that_mends_it_is_named(monkeypatch):
    for package in ("pi_heif", "pillow_heif"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImageError, match=r"pip install pi-heif$"):
        read_picture(HEIC)


@pytest.mark.parametrize("length", [12, 40, 300, len(HEIC) - 40])
def test_a_cut_heic_is_damaged_and_no_more(length):
    with pytest.raises(ImageError, match="cannot read"):
        read_picture(HEIC[:length])


def test_an_avif_is_written_and_read_with_transparency_and_exif(tmp_path, draw):
    pixels = draw(3, 60, 80)
    alpha = np.full((60, 80), 255, np.uint8)
    alpha[:30] = 0
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "waves"
    write_picture(tmp_path / "a.avif", pixels, alpha=alpha, exif=exif.tobytes(), quality=95)
    picture = read_picture(tmp_path / "a.avif")
    assert picture.format == "AVIF"
    assert np.abs(picture.pixels.astype(int) - pixels).mean() < 6
    assert np.array_equal(picture.alpha, alpha)
    assert b"waves" in picture.exif


def test_a_raw_file_is_told_by_its_name_or_its_tags(tmp_path, draw):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[50706] = b"\x01\x04\x00\x00"  # DNGVersion
    tags.tagtype[50706] = 1
    preview = Image.fromarray(draw(0, 20, 30))
    preview.save(tmp_path / "a.tif", tiffinfo=tags)
    preview.save(tmp_path / "b.nef", "TIFF")
    (tmp_path / "c.raf").write_bytes(b"FUJIFILMCCD-RAW ")
    (tmp_path / "d.cr3").write_bytes(b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom")
    for name in ("a.tif", "b.nef", "c.raf", "d.cr3"):
        with pytest.raises(ImageError, match="raw file; develop it"):
            read_picture(tmp_path / name)


def test_an_address_is_no_file():
    with pytest.raises(ImageError, match="it is an address; download"):
        read_picture("https://example.org/photo.jpg")
