"""Photos too large for memory: the same pastiche, the same metadata, nothing left behind."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from impasto.batch import large_photo
from impasto.batch.job import Job
from impasto.batch.photo import Recipe, paint_photo
from impasto.cli.composition import composition_of
from impasto.errors import ImageError, MissingExtra, PictureTooLarge
from impasto.image.io import read_picture, write_picture
from impasto.image.resize import resize
from impasto.inference import strokes
from impasto.inference import stylizer as stylizer_module
from impasto.inference.stylizer import Stylizer
from impasto.options import StylizeOptions

pytest.importorskip("pyvips")

PHOTO = resize(data.astronaut(), 600, 700)
ALPHA = np.tile(np.linspace(0, 255, 700).astype(np.uint8), (600, 1))


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer.load(threads=2)


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(large_photo, "LARGE_PIXELS", 200_000)
    monkeypatch.setattr(stylizer_module, "WHOLE_PIXELS", 200_000)


@pytest.fixture
def in_memory(monkeypatch):
    """Paints the same without files in between."""

    def paint(source, target, stylizer, **options):
        with monkeypatch.context() as patch:
            patch.setattr(large_photo, "LARGE_PIXELS", 10**9)
            return paint_to(source, target, stylizer, **options)

    return paint


def paint_to(source, target, stylizer, progress=None, **options):
    options = StylizeOptions(**{"style": ("starry-night",), "quality": 100, **options})
    recipe = Recipe(options, composition_of(options, stylizer))
    return paint_photo(Job(source, target), recipe, stylizer, progress)


def written(path, pixels=PHOTO, **details):
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "a café", "somebody"
    write_picture(path, pixels, exif=exif.tobytes(), dpi=(300, 300), quality=100, **details)
    return path


def texts(picture):
    exif = Image.Exif()
    exif.load(picture.exif)
    return exif[0x010E], exif[0x013B]


def difference(one, other):
    return np.abs(one.astype(int) - other)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_it_is_the_pastiche_that_is_painted_in_memory(suffix, stylizer, in_memory, tmp_path):
    source = written(tmp_path / f"photo{suffix}")
    steps = []
    outcome = paint_to(source, tmp_path / f"large{suffix}", stylizer, lambda *step: steps.append(step))
    in_memory(source, tmp_path / f"small{suffix}", stylizer)
    large, small = (read_picture(tmp_path / f"{name}{suffix}") for name in ("large", "small"))
    assert (outcome.height, outcome.width) == (600, 700)
    assert difference(large.pixels, small.pixels).mean() < 0.5
    assert texts(large) == texts(small)
    assert texts(large)[1] == "somebody"
    assert large.dpi == pytest.approx((300, 300), abs=0.5)
    assert steps == [(1, 1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{one}{suffix}" for one in ("large", "photo", "small")]


@pytest.mark.parametrize(
    "options",
    [
        {"strength": 0.5},
        {"size": 560},
        {"preserve_color": True},
        {"color": "photo-hue", "saturation": 1.4},
        {"palette": "the-scream"},
    ],
    ids=str,
)
def test_options_mean_the_same(options, stylizer, in_memory, tmp_path):
    source = written(tmp_path / "photo.png")
    paint_to(source, tmp_path / "large.png", stylizer, **options)
    in_memory(source, tmp_path / "small.png", stylizer, **options)
    large, small = (read_picture(tmp_path / name).pixels for name in ("large.png", "small.png"))
    assert large.shape == small.shape
    assert difference(large, small).mean() < 1


def test_transparency_and_sixteen_bits_survive(stylizer, in_memory, tmp_path):
    pixels, alpha = PHOTO.astype(np.uint16) * 257, ALPHA.astype(np.uint16) * 257
    source = written(tmp_path / "photo.tif", pixels, alpha=alpha)
    for suffix in (".tif", ".png"):
        paint_to(source, tmp_path / f"large{suffix}", stylizer)
        found = read_picture(tmp_path / f"large{suffix}", deep=True).deep
        assert found.pixels.dtype == np.uint16
        assert (found.pixels % 257).any()
        np.testing.assert_array_equal(found.alpha, alpha)
    paint_to(source, tmp_path / "large.jpg", stylizer)
    in_memory(source, tmp_path / "small.jpg", stylizer)
    flat, expected = (read_picture(tmp_path / name).pixels for name in ("large.jpg", "small.jpg"))
    assert difference(flat, expected).mean() < 1
    assert flat[:, :20].min() > 230, "white shines through"


def test_the_orientation_and_the_profile_are_applied(stylizer, in_memory, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(PHOTO).save(tmp_path / "photo.jpg", exif=exif.tobytes(), quality=100, icc_profile=lab)
    paint_to(tmp_path / "photo.jpg", tmp_path / "large.png", stylizer)
    in_memory(tmp_path / "photo.jpg", tmp_path / "small.png", stylizer)
    large, small = (read_picture(tmp_path / name).pixels for name in ("large.png", "small.png"))
    assert large.shape == small.shape == (700, 600, 3)
    assert difference(large, small).mean() < 1


class TestWhatGoesWrong:
    @pytest.fixture
    def source(self, tmp_path):
        return written(tmp_path / "photo.tif")

    @pytest.mark.parametrize("suffix", [".tif", ".png"])
    @pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
    def test_nothing_is_left(self, source, stylizer, tmp_path, suffix, error):
        def interrupt(_done, _total):
            raise error

        with pytest.raises(error):
            paint_to(source, tmp_path / f"large{suffix}", stylizer, interrupt)
        assert list(tmp_path.iterdir()) == [source]

    def test_a_truncated_photo(self, source, stylizer, tmp_path):
        source.write_bytes(source.read_bytes()[:-100_000])
        with pytest.raises(ImageError, match="damaged or incomplete") as caught:
            paint_to(source, tmp_path / "large.tif", stylizer)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == [source]

    def test_a_full_disk(self, source, stylizer, tmp_path, file_size_limit):
        with file_size_limit(500_000), pytest.raises(ImageError):
            paint_to(source, tmp_path / "large.tif", stylizer)
        assert list(tmp_path.iterdir()) == [source]

    def test_without_libvips_the_extra_is_named(self, source, stylizer, tmp_path, monkeypatch):
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyvips" else find(name))
        monkeypatch.setitem(__import__("sys").modules, "pyvips", None)
        paint_to(source, tmp_path / "painted.tif", stylizer)  # in memory, while it is small enough
        monkeypatch.setattr(large_photo, "MAX_PIXELS", 300_000)
        with pytest.raises(MissingExtra, match=r"so many pixels needs .* pip install 'impasto\[print\]'"):
            paint_to(source, tmp_path / "large.tif", stylizer)

    def test_strokes_belong_to_the_picture_in_parts_too(self, source, stylizer, in_memory, tmp_path, monkeypatch):
        monkeypatch.setattr(strokes, "NATURAL_SIDE", 200)  # two octaves, and one of them in a file of its own
        parts, whole = tmp_path / "parts.tif", tmp_path / "whole.tif"
        paint_to(source, parts, stylizer)
        in_memory(source, whole, stylizer)
        found, expected = (read_picture(file).pixels.astype(float) for file in (parts, whole))
        assert np.abs(found - expected).mean() < 2
        assert not list(tmp_path.glob(".impasto*"))

    @pytest.mark.parametrize(
        ("options", "name", "why"),
        [
            ({"stroke": 0.5}, "large.tif", "leave out --stroke"),
            ({"color": "photo-histogram"}, "large.tif", "its colours must then be among style, photo-lum"),
            ({}, "large.webp", "only TIFF, PNG, JPEG can be written"),
        ],
    )
    def test_what_needs_the_whole(self, source, stylizer, tmp_path, monkeypatch, options, name, why):
        paint_to(source, tmp_path / f"small-{name}", stylizer, **options)
        monkeypatch.setattr(large_photo, "MAX_PIXELS", 300_000)
        with pytest.raises(PictureTooLarge, match=f"420,000 pixels and must be painted in parts, but .*{why}"):
            paint_to(source, tmp_path / name, stylizer, **options)
