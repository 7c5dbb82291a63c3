from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto import LookOptions, paint_files
from impasto.errors import ImageError, UnknownName
from impasto.image.io import read_picture
from impasto.inference.stylizer import Stylizer


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch, draw):
    monkeypatch.chdir(tmp_path)
    Path("more").mkdir()
    for name in ("a.png", "more/A.png", "b.gif"):
        Image.fromarray(draw(1, 70, 90)).save(name)
    Path("bad.jpg").write_text("no picture")
    return ["a.png", Path("more/A.png"), "b.gif", "bad.jpg"]


def test_photos_are_painted_into_a_folder_and_one_bad_file_stops_nothing(photos, toy_model):
    look = LookOptions(size=80)
    found = {one.job.name: one for one in paint_files(photos, "out", "noon", look=look, model=toy_model, jobs=1)}
    assert [one.status for one in found.values()].count("painted") == 3
    assert isinstance(found["bad.jpg"].error, ImageError)
    assert {file.name for file in Path("out").iterdir()} == {"a.png", "A-2.png", "b.png"}
    expected = Stylizer.load(toy_model).stylize("a.png", "noon", size=80)
    assert np.abs(read_picture("out/a.png").pixels.astype(int) - expected).max() <= 1
    again = list(paint_files(photos[:3], "out", "noon", model=toy_model, skip_existing=True))
    assert {one.status for one in again} == {"skipped"}


def test_a_style_that_is_none_is_said_before_anything_is_painted(photos, toy_model):
    with pytest.raises(UnknownName):
        list(paint_files(photos, "out", "nonesuch", model=toy_model))
    assert not Path("out").exists()
