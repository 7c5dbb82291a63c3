"""The sheet's geometry, what is on it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.cli import sheet as sheet_verb
from impasto.errors import UsageError
from impasto.image.io import read_picture
from impasto.image.resize import resize
from impasto.image.sheet import labelled_grid
from impasto.inference.stylizer import Stylizer

CELL = 40


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sheet_verb, "PAINTED", CELL)


@pytest.fixture
def painted(toy_model):
    """A cell, as it should be: the photo in the cell's size, painted."""
    stylizer = Stylizer.load(toy_model)

    def paint(photo, style, **options):
        height, width = photo.shape[:2]
        small = resize(photo, round(height * CELL / max(height, width)), round(width * CELL / max(height, width)))
        return small if style is None else stylizer.stylize(small, style, **options)

    return paint


@pytest.fixture
def sheet(run, toy_model):
    def sheet(*arguments, output="sheet.png"):
        return run("sheet", *arguments, "-o", output, "--cell", CELL, "--model", toy_model)

    return sheet


def places(picture, cell):
    """Where on the picture the cell's pixels are, exactly."""
    height, width = cell.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(picture[..., 0], (height, width))
    found = np.argwhere((windows[..., 0, 0] == cell[0, 0, 0]) & (windows[..., -1, -1] == cell[-1, -1, 0]))
    return [tuple(at) for at in found if np.array_equal(picture[at[0] : at[0] + height, at[1] : at[1] + width], cell)]


class TestTable:
    def test_photos_by_styles(self, sheet, saved, painted):
        other = np.ascontiguousarray(saved[::-1, :72])
        Image.fromarray(other).save("other.png")
        code, out, err = sheet("photo.png", "other.png", "--style", "noon", "--style", "dusk")
        assert (code, err) == (0, "")
        pixels = read_picture("sheet.png").pixels
        assert out == f"sheet.png  {pixels.shape[1]}×{pixels.shape[0]}\n"
        found = [
            [places(pixels, painted(photo, style)) for style in (None, "noon", "dusk")] for photo in (saved, other)
        ]
        assert all(len(at) == 1 for row in found for at in row)
        for row in found:
            assert len({at[0][0] for at in row}) == 1, "one row"
            assert [at[0][1] for at in row] == sorted(at[0][1] for at in row)
        assert found[0][0][0][0] < found[1][0][0][0]

    def test_strengths(self, sheet, saved, painted):
        assert sheet("photo.png", "--style", "noon", "--style", "dusk", "--strengths", "0,.5,1")[0] == 0
        pixels = read_picture("sheet.png").pixels
        rows = [
            [places(pixels, painted(saved, style, strength=strength))[0] for strength in (0.5, 1)]
            for style in ("noon", "dusk")
        ]
        assert rows[0][0][0] == rows[0][1][0] < rows[1][0][0] == rows[1][1][0]
        assert len(places(pixels, painted(saved, None))) == 2, "strength 0 is the photo, once for each style"

    def test_other_options_hold_for_every_cell(self, sheet, saved, painted):
        assert sheet("photo.png", "--style", "noon", "--preserve-color", "--strength", "0.5")[0] == 0
        expected = painted(saved, "noon", preserve_color=True, strength=0.5)
        assert len(places(read_picture("sheet.png").pixels, expected)) == 1


def test_corners(sheet, saved, painted, toy_model):
    Image.fromarray(saved).save("art.png")
    assert sheet("photo.png", "--corners", "noon", "dusk", "sea-foam", "art.png", "--steps", 3)[0] == 0
    pixels = read_picture("sheet.png").pixels
    corners = [places(pixels, painted(saved, style))[0] for style in ("noon", "dusk", "sea-foam", saved)]
    assert corners[0][0] == corners[1][0] < corners[2][0] == corners[3][0]
    assert corners[0][1] == corners[2][1] < corners[1][1] == corners[3][1]
    (middle,) = places(pixels, painted(saved, [(one, 0.25) for one in ("noon", "dusk", "sea-foam", saved)]))
    assert middle[0] == (corners[0][0] + corners[3][0]) / 2
    assert middle[1] == (corners[0][1] + corners[3][1]) / 2


@pytest.mark.usefixtures("saved")
def test_where_it_goes_and_json(run, toy_model):
    arguments = ["photo.png", "--style", "noon", "--cell", CELL, "--model", toy_model]
    code, out, _ = run("sheet", *arguments, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["output"] == "photo-sheet.jpg"
    assert (said["height"], said["width"]) == read_picture("photo-sheet.jpg").pixels.shape[:2]
    before = Path("photo-sheet.jpg").read_bytes()
    code, _, err = run("sheet", *arguments)
    assert code == 2
    assert "--overwrite" in err
    assert Path("photo-sheet.jpg").read_bytes() == before
    assert run("sheet", *arguments, "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["photo.png"], "--style"),
        (["photo.png", "--style", "nooon"], "did you mean 'noon'"),
        (["absent.png", "--style", "noon"], "no such file"),
        (["photo.png", "photo.png", "--corners", "noon", "noon", "dusk", "dusk"], "2 photos"),
        (["photo.png", "--corners", "noon", "noon", "dusk", "dusk", "--style", "noon"], "corners"),
        (["photo.png", "--corners", "noon", "noon"], "--corners"),
        (["photo.png", "--style", "noon", "--strengths", "0,much"], "0,much"),
        (["photo.png", "--style", "noon", "--strengths", "0,2"], "from 0 to 1.5"),
        (["photo.png", "--style", "noon", "--strengths", ""], "list of numbers"),
        (["photo.png", *(["--style", "noon"] * 20), "--cell", "2048"], "smaller --cell"),
        (["photo.png", "--style", "noon", "-o", "sheet.txt"], "suffix"),
    ],
)
@pytest.mark.usefixtures("saved")
def test_bad_usage(run, toy_model, arguments, words):
    code, out, err = run("sheet", "--model", toy_model, *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_a_grids_labels_stand_beside_its_rows_and_above_its_columns():
    cell = np.full((30, 50, 3), (255, 0, 0), np.uint8)
    blank = labelled_grid(["", ""], ["", ""], [[cell, cell], [cell, cell]])
    assert len(places(blank, cell)) == 4
    above = labelled_grid(["", ""], ["", "column"], [[cell, cell], [cell, cell]])
    differing = np.argwhere((above != blank).any(-1))
    (first, second) = sorted({at[1] for at in places(blank, cell)})
    assert differing[:, 0].max() < min(at[0] for at in places(blank, cell))
    assert first + 50 < differing[:, 1].min()
    assert second - 30 < differing[:, 1].mean() < second + 80
    beside = labelled_grid(["", "row"], ["", ""], [[cell, cell], [cell, cell]])
    assert beside.shape[1] > blank.shape[1]
    assert len(places(beside, cell)) == 4


@pytest.mark.parametrize(("rows", "columns", "pictures"), [([], ["a"], []), (["a"], ["b"], [[]]), (["a"], [], [[]])])
def test_a_grid_needs_a_picture_for_each_cell(rows, columns, pictures):
    with pytest.raises(UsageError, match="grid"):
        labelled_grid(rows, columns, pictures)
