from __future__ import annotations

import os
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from impasto.errors import ImageError, OutputExists, UsageError
from impasto.image.io import WRITABLE, read_picture, write_picture

ASTRONAUT = data.astronaut()[:100, :150]
ALPHA = np.linspace(0, 255, 100 * 150).astype(np.uint8).reshape(100, 150)
LOSSLESS = ["PNG", "TIFF", "BMP"]


def stream_of(pixels, format_name, **options):
    buffer = BytesIO()
    write_picture(buffer, pixels, format=format_name, **options)
    return buffer.getvalue()


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(LOSSLESS), st.booleans())
def test_lossless_round_trip(height, width, format_name, with_alpha):
    rng = np.random.default_rng(height * 100 + width)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = rng.integers(0, 256, (height, width), dtype=np.uint8) if with_alpha and format_name != "BMP" else None
    picture = read_picture(stream_of(pixels, format_name, alpha=alpha))
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert (picture.alpha is None) == (alpha is None)
    if alpha is not None:
        np.testing.assert_array_equal(picture.alpha, alpha)


@pytest.mark.parametrize("suffix", [*WRITABLE, ".JPG", ".Png"])
def test_the_suffix_chooses_the_format(tmp_path, suffix):
    target = tmp_path / f"picture{suffix}"
    write_picture(target, ASTRONAUT)
    picture = read_picture(target)
    assert picture.format == WRITABLE[suffix.lower()]
    assert np.abs(picture.pixels.astype(int) - ASTRONAUT).mean() < 4
    assert os.listdir(tmp_path) == [target.name]


def test_a_named_format_overrules_the_suffix(tmp_path):
    write_picture(str(tmp_path / "picture.png"), ASTRONAUT, format="jpeg")
    assert read_picture(tmp_path / "picture.png").format == "JPEG"


@pytest.mark.parametrize("name", ["picture", "picture.gif", "picture.xyz", ".jpg"])
def test_other_suffixes_are_refused_by_name(tmp_path, name):
    with pytest.raises(UsageError, match=r"\.jpg, \.jpeg, \.png, \.webp, \.tif, \.tiff, \.bmp"):
        write_picture(tmp_path / name, ASTRONAUT)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format_name", [None, "GIF", ""])
def test_a_stream_needs_a_known_format(format_name):
    with pytest.raises(UsageError, match="BMP, JPEG, PNG, TIFF, WEBP"):
        write_picture(BytesIO(), ASTRONAUT, format=format_name)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_written(format_name):
    picture = read_picture(stream_of(ASTRONAUT, format_name, alpha=ALPHA))
    np.testing.assert_array_equal(picture.alpha, ALPHA)


@pytest.mark.parametrize("format_name", ["JPEG", "BMP"])
def test_without_alpha_the_picture_lies_on_white(format_name):
    picture = read_picture(stream_of(ASTRONAUT, format_name, alpha=ALPHA, quality=98))
    share = ALPHA[..., None] / 255
    assert picture.alpha is None
    assert np.abs(picture.pixels - (ASTRONAUT * share + 255 * (1 - share))).mean() < 2


def test_quality_trades_size_for_fidelity():
    for format_name in ("JPEG", "WEBP"):
        sizes = [len(stream_of(ASTRONAUT, format_name, quality=quality)) for quality in (10, 50, 90, 100)]
        assert sizes == sorted(sizes)
    lossless = read_picture(stream_of(ASTRONAUT, "WEBP", quality=100)).pixels
    np.testing.assert_array_equal(lossless, ASTRONAUT)


def test_high_quality_keeps_full_colour_resolution():
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2, 0] = 255
    errors = {
        quality: np.abs(read_picture(stream_of(stripes, "JPEG", quality=quality)).pixels.astype(int) - stripes).mean()
        for quality in (89, 90)
    }
    assert errors[90] < errors[89] / 3


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_quality_out_of_range(quality):
    with pytest.raises(UsageError, match="between 1 and 100"):
        stream_of(ASTRONAUT, "JPEG", quality=quality)


@pytest.mark.parametrize(
    "pixels",
    [
        ASTRONAUT.astype(np.float32) / 255,
        ASTRONAUT[..., 0],
        np.dstack([ASTRONAUT, ALPHA]),
        ASTRONAUT[:0],
    ],
)
def test_other_arrays_are_refused(pixels):
    with pytest.raises(UsageError, match="expected uint8 or uint16 h×w×3"):
        stream_of(pixels, "PNG")


def test_alpha_must_fit():
    with pytest.raises(UsageError, match="alpha"):
        stream_of(ASTRONAUT, "PNG", alpha=ALPHA[:5])


@pytest.mark.parametrize(("format_name", "limit"), [("JPEG", 65_500), ("WEBP", 16_383)])
def test_a_side_too_long_for_the_format(format_name, limit):
    with pytest.raises(ImageError, match=f"{limit:,}"):
        stream_of(np.zeros((1, limit + 1, 3), np.uint8), format_name)
    assert read_picture(stream_of(np.zeros((1, limit, 3), np.uint8), format_name)).pixels.shape == (1, limit, 3)


def test_nothing_is_overwritten_unasked(tmp_path):
    target = tmp_path / "picture.png"
    target.write_bytes(b"precious")
    with pytest.raises(OutputExists, match="exists already"):
        write_picture(target, ASTRONAUT)
    assert target.read_bytes() == b"precious"
    write_picture(target, ASTRONAUT, overwrite=True)
    np.testing.assert_array_equal(read_picture(target).pixels, ASTRONAUT)
    assert os.listdir(tmp_path) == ["picture.png"]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch):
    target = tmp_path / "picture.png"
    save = Image.Image.save

    def save_late(image, *arguments, **options):
        target.write_bytes(b"precious")
        save(image, *arguments, **options)

    monkeypatch.setattr(Image.Image, "save", save_late)
    with pytest.raises(OutputExists):
        write_picture(target, ASTRONAUT)
    assert target.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["picture.png"]


def test_missing_folder_and_folder_as_target(tmp_path):
    with pytest.raises(ImageError, match=r"the folder .*nowhere does not exist"):
        write_picture(tmp_path / "nowhere" / "picture.png", ASTRONAUT)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match="it is a folder"):
        write_picture(tmp_path / "folder.png", ASTRONAUT, overwrite=True)


def test_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="cannot write"):
        write_picture(tmp_path / "file" / "picture.png", ASTRONAUT)


def test_failing_half_way_leaves_the_old_picture(tmp_path, file_size_limit):
    target = tmp_path / "picture.png"
    target.write_bytes(b"old")
    too_large = r"cannot write .*picture\.png: file too large"
    with file_size_limit(1000), pytest.raises(ImageError, match=too_large):
        write_picture(target, ASTRONAUT, overwrite=True)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["picture.png"]


def test_a_failing_encoder_leaves_nothing(tmp_path, monkeypatch):
    def fail(image, *arguments, **options):
        raise OSError("encoder error -2")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(ImageError, match="cannot encode the picture as PNG"):
        write_picture(tmp_path / "picture.png", ASTRONAUT)
    assert os.listdir(tmp_path) == []


def test_writing_is_deterministic():
    for format_name in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        assert stream_of(ASTRONAUT, format_name, dpi=(72, 72)) == stream_of(ASTRONAUT, format_name, dpi=(72, 72))
