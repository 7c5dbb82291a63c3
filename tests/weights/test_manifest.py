from __future__ import annotations

import json

import pytest

from impasto.errors import UnknownName, WeightsError
from impasto.weights.catalog import MODELS, find_model
from impasto.weights.manifest import PAINT, read_manifest


@pytest.fixture
def folder(make_toy_model):
    return make_toy_model()


def change(folder, **facts):
    path = folder / "manifest.json"
    entries = json.loads(path.read_text()) | facts
    path.write_text(json.dumps({key: value for key, value in entries.items() if value is not None}))


def test_a_manifest_says_what_the_model_takes(folder):
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.code_size, manifest.code_length) == ("toy", 6, 18)
    assert (manifest.multiple, manifest.minimum, manifest.style_size, manifest.style_side) == (8, 64, 64, "short")
    assert manifest.read(PAINT) == (folder / PAINT).read_bytes()
    assert manifest.code_space == manifest.files["encode_style.onnx"].sha256


@pytest.mark.parametrize(
    "facts",
    [
        {"interface": 2},
        {"interface": 3},
        {"interface": None},
        {"code_size": None},
        {"code_size": "many"},
        {"code_size": 0},
        {"multiple": -8},
        {"style_side": "left"},
        {"files": None},
        {"files": {}},
        {"files": {"paint.onnx": {"sha256": "0"}}},
        {"files": ["paint.onnx"]},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(folder, facts):
    change(folder, **facts)
    with pytest.raises(WeightsError, match=r"manifest\.json"):
        read_manifest(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', "\xff"])
def test_what_is_no_manifest_is_refused(folder, text):
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(WeightsError, match=r"manifest\.json"):
        read_manifest(folder)


def test_a_missing_or_cut_file_is_noticed_at_once(folder):
    whole = (folder / PAINT).read_bytes()
    (folder / PAINT).write_bytes(whole[:-1])
    with pytest.raises(WeightsError, match=rf"has {len(whole) - 1} bytes, expected {len(whole)}"):
        read_manifest(folder)
    (folder / PAINT).unlink()
    with pytest.raises(WeightsError, match="are missing"):
        read_manifest(folder)


def test_a_changed_file_is_noticed_when_it_is_read(folder):
    manifest = read_manifest(folder)
    whole = (folder / PAINT).read_bytes()
    (folder / PAINT).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(WeightsError, match="sha256"):
        manifest.read(PAINT)
    (folder / PAINT).unlink()
    with pytest.raises(WeightsError, match="cannot read"):
        manifest.read(PAINT)
    with pytest.raises(WeightsError, match="does not list"):
        manifest.read("other.onnx")


def test_a_model_is_found_by_folder_or_name(folder, monkeypatch, tmp_path):
    assert find_model(folder).name == "toy"
    assert find_model(str(folder)).name == "toy"
    monkeypatch.setitem(MODELS, "mine", folder)
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_model("mine").folder == folder


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'default'"):
        find_model("defalt")
    with pytest.raises(UnknownName, match="run 'impasto models'"):
        find_model(tmp_path / "nowhere")
    with pytest.raises(WeightsError, match="no model folder"):
        find_model(tmp_path)
