"""Files that are broken, huge, misnamed or not there: one clear sentence each."""

from __future__ import annotations

import os
import struct
import threading
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from impasto.errors import ImageError, PictureTooLarge
from impasto.image.io import read_picture

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"]


def encoded(format_name, side=64):
    buffer = BytesIO()
    Image.fromarray(data.astronaut()[:side, :side]).save(buffer, format_name)
    return buffer.getvalue()


def png_claiming(width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def sentence_of(source, error=ImageError, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error) as caught:
            read_picture(source, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith("cannot read ")
    return sentence


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.jpg", b"", "it is empty"),
        ("text.jpg", b"This is no picture at all.\n" * 50, "no JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC"),
        ("page.png", b"<!doctype html><html></html>", "no JPEG, PNG"),
        ("header.png", b"\x89PNG\r\n\x1a\n", "or a damaged one"),
        ("zeros.jpg", bytes(10_000), "no JPEG, PNG"),
        ("vector.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "no JPEG, PNG"),
    ],
)
def test_no_picture(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    sentence = sentence_of(path)
    assert str(path) in sentence
    assert expected in sentence


def test_missing_and_folder(tmp_path):
    assert sentence_of(tmp_path / "nowhere.jpg").endswith("nowhere.jpg: there is no such file")
    assert "it is a folder" in sentence_of(tmp_path)
    assert "cannot read" in sentence_of("null\0byte.jpg")


def test_permission_denied(tmp_path, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert sentence_of(tmp_path / "secret.jpg").endswith("secret.jpg: permission denied")


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("share", [0.03, 0.3, 0.6, 0.9])
def test_truncated(format_name, share):
    content = encoded(format_name)
    sentence = sentence_of(content[: int(len(content) * share)])
    assert "damaged" in sentence


def test_truncated_on_disk_leaves_no_open_file(tmp_path):
    path = tmp_path / "half.jpg"
    path.write_bytes(encoded("JPEG")[:1000])
    assert str(path) in sentence_of(path)  # an unclosed file would warn, and warnings are errors here


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(FORMATS), st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_damaged_bytes_give_a_picture_or_one_sentence(format_name, seed, count):
    rng = np.random.default_rng(seed)
    content = bytearray(encoded(format_name, side=24))
    for position in rng.integers(0, len(content), count):
        content[position] = rng.integers(256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own remarks
        try:
            picture = read_picture(bytes(content), max_pixels=10**6)
        except ImageError:
            return
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.ndim == 3


def test_more_pixels_than_allowed():
    sentence = sentence_of(encoded("PNG"), PictureTooLarge, max_pixels=64 * 64 - 1)
    assert "64 × 64 pixels" in sentence
    assert "4,095" in sentence
    assert read_picture(encoded("PNG"), max_pixels=64 * 64).pixels.shape == (64, 64, 3)


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000), (2_000_000_000, 2_000_000_000)])
def test_bombs(width, height):
    assert "pixels" in sentence_of(png_claiming(width, height), PictureTooLarge)


def test_pillows_guard_stays_on():
    assert Image.MAX_IMAGE_PIXELS == 89_478_485
    assert "178956970" in sentence_of(png_claiming(20_000, 20_000), PictureTooLarge, max_pixels=10**10)


def test_a_higher_cap_silences_pillows_warning():
    # No such picture is decoded here: its data is missing, so it must fail as damaged, not as too large.
    assert "damaged" in sentence_of(png_claiming(10_000, 9_000), max_pixels=10**8)


def test_reading_leaves_the_warning_filters_as_they_were():
    before = list(warnings.filters)
    threads = [threading.Thread(target=read_picture, args=(encoded("PNG", side=16),)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_too_little_memory_is_one_sentence(monkeypatch):
    def fail(image):
        raise MemoryError

    content = encoded("PNG")
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    assert "not enough memory" in sentence_of(content)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_can_be_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(encoded("PNG")))
    writer.start()
    assert read_picture(pipe).pixels.shape == (64, 64, 3)
    writer.join()
