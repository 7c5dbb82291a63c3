"""``impasto quantize``, and ``impasto export --int8``."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from skimage import data

from impasto.weights.catalog import find_model


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


def test_exporting_writes_a_copy_that_the_next_export_replaces(run, family_runs, photos, tmp_path):
    for arguments, left in ((("--int8", photos), True), (("--overwrite",), False)):
        code, out, err = run("export", family_runs["johnson"], "-o", tmp_path / "mine", *arguments)
        assert (code, err) == (0, "")
        assert ("milliseconds" in out) == left
        assert (tmp_path / "mine" / "int8").exists() == left
