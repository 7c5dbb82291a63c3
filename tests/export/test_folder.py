"""A model's folder changes as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from impasto.errors import OutputExists, TrainingError
from impasto.export.folder import replaced, update_manifest
from impasto.weights.catalog import find_model


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def model(make_toy_model):
    return make_toy_model("model")


def build(folder, error=None):
    with replaced(folder) as building:
        (building / "manifest.json").write_text("new")
        (building / "paint.onnx").write_text("new")
        if error is not None:
            raise error


@pytest.mark.parametrize("before", ["absent", "empty"])
def test_a_new_one_appears_when_it_is_whole(tmp_path, before):
    folder = tmp_path / "deep" / "model"
    if before == "empty":
        folder.mkdir(parents=True)
    with replaced(folder) as building:
        (building / "manifest.json").write_text("new")
        assert not (folder / "manifest.json").exists()
    assert contents(tmp_path) == {"deep/model/manifest.json": b"new"}


def test_an_old_one_goes_and_what_else_is_there_stays(model, tmp_path):
    (model / "README.md").write_text("mine")
    (model / "drafts").mkdir()
    (model / "drafts" / "a.txt").write_text("mine")
    build(model)
    assert contents(tmp_path) == {
        "model/manifest.json": b"new",
        "model/paint.onnx": b"new",
        "model/README.md": b"mine",
        "model/drafts/a.txt": b"mine",
    }


@pytest.mark.parametrize("error", [TrainingError("no parity"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_one_and_nothing_else(model, tmp_path, error):
    before = contents(tmp_path)
    with pytest.raises(type(error)):
        build(model, error)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_full_disk_is_told_of(model, tmp_path):
    before = contents(tmp_path)
    with pytest.raises(TrainingError, match=r"cannot write the model .*: No space left"):
        build(model, OSError(28, "No space left on device"))
    assert contents(tmp_path) == before


def test_the_old_one_comes_back_if_the_new_one_cannot_be_moved(model, tmp_path, monkeypatch):
    before, rename = contents(tmp_path), Path.rename

    def fail_for_the_new_one(path, target):
        if path.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(TrainingError, match="Permission denied"):
        build(model)
    assert contents(tmp_path) == before


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    (tmp_path / "file").touch()
    for place in ("photos", "file"):
        with pytest.raises(OutputExists, match="is no model folder"):
            build(tmp_path / place)
    assert set(contents(tmp_path)) == {"photos/a.jpg", "file"}


def test_a_link_goes_on_pointing_to_the_model(model, tmp_path):
    (tmp_path / "link").symlink_to(model, target_is_directory=True)
    build(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (model / "manifest.json").read_text() == "new"


def test_updating_the_manifest_keeps_its_facts_and_notices_the_files(model):
    before = find_model(model)
    (model / "paint.onnx").write_bytes(b"other")
    update_manifest(model, quality={"ssim": 0.5})
    after = find_model(model)
    assert after.read("paint.onnx") == b"other"
    assert (after.name, after.code_space) == (before.name, before.code_space)
    assert after.quality == {**before.quality, "ssim": 0.5}
