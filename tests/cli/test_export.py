"""``impasto export``, and painting with what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.inference.engine import installed_engines
from impasto.weights.catalog import find_model


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_from_a_run_to_presets_to_a_painted_photo(run, tiny_run, tmp_path, draw):
    (tmp_path / "artworks").mkdir()
    Image.fromarray(draw(3, 80, 90)).save("artworks/red-hills.jpg")
    Image.fromarray(draw(4, 75, 99)).save("photo.png")
    table = "slug\ttitle\tartist\tyear of work\nred-hills\tRed Hills\tA. Painter\t1900\n"
    (tmp_path / "artworks" / "presets.tsv").write_text(table)

    code, out, err = run("export", tiny_run, "-o", "mine", "--presets", "artworks", "--sample", "photo.png")
    assert (code, err) == (0, "")
    assert out.startswith("mine; mean difference from torch")
    assert {line.split()[0] for line in out.splitlines()[1:]} == set(installed_engines())
    assert find_model("mine").name == "mine"

    code, out, _ = run("styles", "--json", "--model", "mine")
    assert [(one["name"], one["artist"]) for one in json.loads(out)] == [("red-hills", "A. Painter")]

    code, _, err = run("stylize", "photo.png", "--style", "red-hills", "--model", "mine", "-o", "painted.png")
    assert (code, err) == (0, "")
    code, _, err = run("stylize", "photo.png", "--style", "artworks/red-hills.jpg", "--model", "mine", "-o", "p.png")
    assert (code, err) == (0, "")
    with Image.open("painted.png") as preset, Image.open("p.png") as picture:
        assert preset.size == (99, 75)
        assert np.abs(np.asarray(preset, int) - np.asarray(picture, int)).mean() < 1


def test_json_tells_what_was_measured(run, monkeypatch):
    from impasto.export import model_folder
    from impasto.export.parity import Parity

    asked = []

    def export_run(*arguments, **details):
        asked.append((arguments, details))
        return [Parity("openvino", "fp32", code=0.25, pastiche=0.5, parts=0.75)]

    monkeypatch.setattr(model_folder, "export_run", export_run)
    code, out, _ = run("export", "runs/a", "-o", "mine", "--name", "my-model", "--json")
    assert code == 0
    assert json.loads(out) == {
        "model": "mine",
        "parity": [{"engine": "openvino", "precision": "fp32", "code": 0.25, "pastiche": 0.5, "parts": 0.75}],
    }
    assert asked == [
        ((Path("runs/a"), Path("mine")), {"name": "my-model", "presets": None, "sample": None, "int8": None})
    ]


class TestRefusals:
    def refused(self, run, *arguments):
        code, out, err = run("export", *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("impasto: ")
        assert err.count("\n") == 1
        return err

    def test_a_model_is_never_overwritten_unasked(self, run, tiny_run, make_toy_model):
        folder = make_toy_model("mine")
        assert "--overwrite" in self.refused(run, tiny_run, "-o", folder)
        assert find_model(folder).name == "toy"

    def test_a_folder_of_other_files_is_never_replaced(self, run, tiny_run, tmp_path):
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "a.jpg").touch()
        assert "is no model folder" in self.refused(run, tiny_run, "-o", "photos", "--overwrite")
        assert (tmp_path / "photos" / "a.jpg").exists()

    def test_no_run(self, run):
        assert "holds no checkpoint.pt" in self.refused(run, "nowhere", "-o", "mine")

    def test_a_table_that_is_missing(self, run, tiny_run, tmp_path):
        assert "presets.tsv" in self.refused(run, tiny_run, "-o", "mine", "--presets", "nowhere")
        assert not (tmp_path / "mine").exists()

    def test_a_sample_without_presets(self, run, tiny_run):
        assert "--presets" in self.refused(run, tiny_run, "-o", "mine", "--sample", "photo.png")
