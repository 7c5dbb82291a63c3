"""Presets are made of a table and artworks, with the model's own codes and thumbnails."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ImageError, TrainingError
from impasto.export.presets import export_presets, read_table
from impasto.inference.stylizer import Stylizer

HEADER = "slug\ttitle\tartist\tyear of work\tsource\n"


@pytest.fixture
def artworks(tmp_path, draw):
    folder = tmp_path / "artworks"
    folder.mkdir()
    for index, slug in enumerate(("red-hills", "nocturne")):
        Image.fromarray(draw(10 + index, 80, 100)).save(folder / f"{slug}.jpg")
    rows = "red-hills\tRed Hills\tA. Painter\tc. 1900\tatelier\nnocturne\tNachtstück\tB. Maler\t1889\t\n"
    (folder / "presets.tsv").write_text(HEADER + rows, encoding="utf-8")
    return folder


@pytest.fixture
def model(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_they_are_the_models_codes_of_the_artworks(artworks, model):
    assert export_presets(artworks, model) == ["red-hills", "nocturne"]
    stylizer = Stylizer.load(model)
    first, second = stylizer.presets
    assert (second.name, second.title, second.artist, second.year) == ("nocturne", "Nachtstück", "B. Maler", "1889")
    with Image.open(artworks / "red-hills.jpg") as artwork:
        code = stylizer.encode_style(np.asarray(artwork))
    np.testing.assert_allclose(stylizer.preset_code("red-hills"), code, rtol=1e-4, atol=1e-4)
    with Image.open(first.thumbnail) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (192, 192))
    assert not list(model.rglob("*.jpg"))


def test_the_sample_is_what_thumbnails_show(artworks, model, tmp_path, draw):
    Image.fromarray(draw(1, 60, 120)).save(tmp_path / "sample.png")
    export_presets(artworks, model, tmp_path / "sample.png")
    with Image.open(model / "presets" / "thumbs" / "nocturne.webp") as thumbnail:
        assert thumbnail.size == (192, 96)


def test_new_ones_replace_all_old_ones(artworks, model):
    export_presets(artworks, model)
    (artworks / "presets.tsv").write_text(HEADER + "nocturne\tNachtstück\tB. Maler\t1889\t\n", encoding="utf-8-sig")
    export_presets(artworks, model)
    assert [preset.name for preset in Stylizer.load(model).presets] == ["nocturne"]
    assert [path.name for path in (model / "presets" / "thumbs").iterdir()] == ["nocturne.webp"]


def test_an_artwork_that_cannot_be_read_changes_nothing(artworks, model):
    (artworks / "nocturne.jpg").write_text("no picture")
    before = contents(model)
    with pytest.raises(ImageError, match=r"nocturne\.jpg"):
        export_presets(artworks, model)
    assert contents(model) == before
    assert [path.name for path in model.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "cannot read"),
        (b"", "names no artworks"),
        (HEADER.encode(), "names no artworks"),
        (
            b"slug\ttitle\nred-hills\tRed Hills\n",
            "row 1: expected a value for each of slug, title, artist, year of work",
        ),
        ((HEADER + "red-hills\tRed Hills\n").encode(), "row 1: expected a value"),
        ((HEADER + "red-hills\tRed\tA\t1900\t\n" * 2).encode(), "row 2: the slug 'red-hills' is taken"),
        ((HEADER + "../red-hills\tRed\tA\t1900\t\n").encode(), "row 1: the slug '../red-hills'"),
        ((HEADER + "Red Hills\tRed\tA\t1900\t\n").encode(), "row 1: the slug 'Red Hills'"),
        ((HEADER + "lost\tLost\tA\t1900\t\n").encode(), r"row 1: there is no picture .*lost\.jpg"),
        ((HEADER + "nocturne\tNachtst\xfcck\tB\t1889\t\n").encode("latin-1"), "in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used(artworks, table, message):
    if table is None:
        (artworks / "presets.tsv").unlink()
    else:
        (artworks / "presets.tsv").write_bytes(table)
    with pytest.raises(TrainingError, match=message):
        read_table(artworks)
