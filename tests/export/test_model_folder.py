"""From a run to a model that paints, and what stands in the way."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch

from impasto.errors import CheckpointError, OutputExists, StyleError, TrainingError
from impasto.export import model_folder, parity
from impasto.export.model_folder import export_run
from impasto.inference.engine import installed_engines
from impasto.inference.stylizer import Stylizer
from impasto.training import checkpoint
from impasto.weights.catalog import find_model


@pytest.fixture
def unchecked(monkeypatch):
    """Exports without starting engines."""
    monkeypatch.setattr(parity, "check", lambda *_: [])


@pytest.fixture
def other_run(tiny_run, tmp_path):
    """A run whose style encoder is another."""
    return changed_run(tiny_run, tmp_path / "other", lambda name, value: value + 0.1 if "encoder" in name else value)


def changed_run(run, folder, change):
    state = checkpoint.load(run)
    state["average"] = {name: change(name, value) for name, value in state["average"].items()}
    folder.mkdir()
    checkpoint.save(folder, state)
    return folder


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_what_the_manifest_says(tiny_model):
    graphs = {"encode_style.onnx", "paint.onnx", "measure.onnx", "paint_fixed.onnx"}
    assert set(contents(tiny_model)) == {"manifest.json", *graphs}
    facts = json.loads((tiny_model / "manifest.json").read_text(encoding="utf-8"))
    assert (facts["name"], facts["code_size"], facts["multiple"]) == ("tiny", 8, 8)
    for name, entry in facts["files"].items():
        data = (tiny_model / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert set(facts["files"]) == graphs


def test_how_it_was_trained_and_its_parity_are_written_down(tiny_model, tiny_options):
    manifest = find_model(tiny_model)
    assert manifest.training.items() >= {**tiny_options, "steps_done": 6, "torch": torch.__version__}.items()
    assert {one["engine"] for one in manifest.quality["parity"]} == set(installed_engines())
    # Nothing says where on this machine it was trained.
    assert "/" not in json.dumps(dict(manifest.training))


def test_it_paints(tiny_model, draw):
    stylizer = Stylizer.load(tiny_model)
    photo, style = draw(1, 70, 101), draw(2, 90, 80)
    code = stylizer.encode_style(style)
    assert code.shape == (8 + 12,)
    pastiche = stylizer.stylize(photo, code)
    assert (pastiche.shape, pastiche.dtype) == (photo.shape, np.uint8)
    # After six steps it still paints about the recoloured low frequencies: the style's colours.
    assert np.abs(pastiche.mean((0, 1)) - style.mean((0, 1))).max() < 25


@pytest.mark.usefixtures("unchecked")
def test_what_is_exported_is_the_moving_average_and_always_the_same_bytes(tiny_run, tiny_model, tmp_path):
    state = checkpoint.load(tiny_run)
    state["model"] = {name: value * float("nan") for name, value in state["model"].items()}
    (tmp_path / "run").mkdir()
    checkpoint.save(tmp_path / "run", state)
    export_run(tmp_path / "run", tmp_path / "model")
    for graph in ("encode_style.onnx", "paint.onnx", "measure.onnx", "paint_fixed.onnx"):
        assert (tmp_path / "model" / graph).read_bytes() == (tiny_model / graph).read_bytes()


@pytest.mark.usefixtures("unchecked")
class TestReplacing:
    @pytest.fixture
    def folder(self, tiny_model, make_toy_model, tmp_path):
        """A copy of the tiny model, with presets."""
        shutil.copytree(tiny_model, tmp_path / "model")
        shutil.copytree(make_toy_model("toy") / "presets", tmp_path / "model" / "presets")
        model_folder.update_manifest(tmp_path / "model", quality={"ssim": 0.5})
        return tmp_path / "model"

    def test_presets_are_kept_if_the_style_encoder_is_the_same(self, folder, tiny_run, tmp_path):
        before = contents(folder / "presets")
        run = changed_run(tiny_run, tmp_path / "run", lambda name, value: value + 0.01 if "painter" in name else value)
        painter = (folder / "paint.onnx").read_bytes()
        export_run(run, folder, name="again")
        manifest = find_model(folder)
        assert contents(folder / "presets") == before
        assert "presets/codes.npy" in manifest.files
        assert manifest.name == "again"
        assert manifest.read("paint.onnx") != painter
        assert "ssim" not in manifest.quality  # that was the old one's

    def test_presets_of_another_style_encoder_are_not_and_nothing_is_lost(self, folder, other_run):
        before = contents(folder)
        with pytest.raises(StyleError, match="mean nothing to the new one: give their artworks"):
            export_run(other_run, folder)
        assert contents(folder) == before

    def test_a_damaged_model_can_be_replaced(self, tiny_run, tiny_model, tmp_path):
        shutil.copytree(tiny_model, tmp_path / "model")
        (tmp_path / "model" / "manifest.json").write_text("{")
        (tmp_path / "model" / "paint.onnx").unlink()
        export_run(tiny_run, tmp_path / "model")
        assert find_model(tmp_path / "model").name == "default"


class TestRefusals:
    def test_a_model_that_does_not_reproduce_torch_is_not_exported(self, tiny_run, tiny_model, tmp_path, monkeypatch):
        shutil.copytree(tiny_model, tmp_path / "model")
        before = contents(tmp_path)
        monkeypatch.setattr(parity, "LIMITS", {"fp32": (1.0, -1.0), "auto": (1.0, -1.0)})
        with pytest.raises(TrainingError, match=r"\(fp32\) does not reproduce torch"):
            export_run(tiny_run, tmp_path / "model")
        assert contents(tmp_path) == before

    def test_weights_that_are_no_numbers_are_not_exported(self, tiny_run, tmp_path):
        run = changed_run(tiny_run, tmp_path / "run", lambda _, value: value * float("nan"))
        with pytest.raises(TrainingError, match="does not reproduce torch: its code differs by nan"):
            export_run(run, tmp_path / "model")
        assert not (tmp_path / "model").exists()

    def test_a_run_without_a_checkpoint(self, tmp_path):
        with pytest.raises(CheckpointError, match=r"holds no checkpoint\.pt"):
            export_run(tmp_path, tmp_path / "model")
        assert not (tmp_path / "model").exists()

    def test_a_folder_of_something_else(self, tiny_run):
        before = contents(tiny_run)
        with pytest.raises(OutputExists, match="is no model folder"):
            export_run(tiny_run, tiny_run)
        assert contents(tiny_run) == before
