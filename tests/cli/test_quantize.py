"""``impasto quantize``, and ``impasto export --int8``."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from skimage import data

from impasto.weights.catalog import find_model
from impasto.weights.manifest import PAINT_INT8


@pytest.fixture
def photos(tmp_path, monkeypatch):
    from impasto.export import int8

    monkeypatch.setattr(int8, "paint_milliseconds", lambda _: {"milliseconds_512": 41.5})
    (tmp_path / "photos").mkdir()
    for name in ("coffee", "chelsea"):
        Image.fromarray(getattr(data, name)()).save(tmp_path / "photos" / f"{name}.png")
    return tmp_path / "photos"


def test_quantises_and_refuses_to_overwrite(run, family_models, photos, tmp_path):
    words = ("quantize", family_models["johnson"], "--photos", photos, "-o", tmp_path / "quick")
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    assert find_model(json.loads(out)["model"]).name == "my-johnson-int8"
    code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--overwrite" in err
    assert run(*words, "--overwrite")[0] == 0


def test_a_folder_without_photos_is_one_sentence(run, family_models, tmp_path):
    (tmp_path / "empty").mkdir()
    code, out, err = run("quantize", family_models["johnson"], "--photos", tmp_path / "empty", "-o", tmp_path / "quick")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "quick").exists()


def test_an_export_without_photos_takes_the_8_bit_graph_away(run, family_runs, photos, tmp_path):
    for arguments, there in ((("--int8", photos), True), (("--overwrite",), False)):
        code, _, err = run("export", family_runs["johnson"], "-o", tmp_path / "mine", *arguments)
        assert (code, err) == (0, "")
        assert (PAINT_INT8 in find_model(tmp_path / "mine").files) == there
        assert (tmp_path / "mine" / PAINT_INT8).exists() == there


def test_a_model_without_the_8_bit_graph_is_one_sentence(run, family_models, photos, tmp_path):
    words = ("stylize", photos / "coffee.png", "--model", family_models["adain"], "--style", photos / "chelsea.png")
    code, out, err = run(*words, "--precision", "int8", "-o", tmp_path / "p.png")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--int8" in err
