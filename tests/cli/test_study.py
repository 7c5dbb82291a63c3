"""``impasto study``: what it lists, what it writes, and what it says of bad input."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from PIL import Image

pytest.importorskip("torch")
from impasto.metrics.stylization import Figures
from impasto.studies import STUDIES

TINY = ("--size=32", "--steps=2", "--precision=fp32", "--layer=relu1_1", "--layer=relu2_1")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def study(run, draw):
    """Run the verb on two files, with tiny options."""
    Image.fromarray(draw(1, 64, 80)).save("photo.png")
    Image.fromarray(draw(2, 70, 64)).save("style.png")

    def study(name="layers-style", *more, output=("-o", "found")):
        return run("study", name, "--style", "style.png", *TINY, *output, *more)

    return study


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def assert_refused(result, tmp_path, *words):
    """One sentence, exit code 2, and nothing written."""
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("impasto: ")
    assert len(err.splitlines()) == 1
    for word in words:
        assert word in err
    assert set(names(tmp_path)) <= {"photo.png", "style.png"}


def test_a_study_leaves_its_table_its_figure_and_its_record(study, tmp_path):
    code, out, err = study()
    assert code == 0, err
    assert err == ""  # no bar where there is no terminal
    assert names(tmp_path / "found") == ["layers-style.jpg", "layers-style.json", "layers-style.md"]
    record = json.loads((tmp_path / "found" / "layers-style.json").read_text(encoding="utf-8"))
    assert record["styles"] == ["style"]
    assert record["contents"] == []
    assert [row["layer"] for row in record["rows"]] == ["relu1_1", "relu2_1"]
    assert record["options"]["steps"] == 2
    page = (tmp_path / "found" / "layers-style.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {STUDIES['layers-style'].summary}\n")
    assert "(layers-style.jpg)" in page
    with Image.open("found/layers-style.jpg") as figure:
        assert figure.width > 2 * 32
    assert "relu2_1" in out


def test_json_is_what_the_file_holds(study, tmp_path):
    code, out, _ = study("layers-style", "--json", "--figure=png")
    assert code == 0
    assert out == (tmp_path / "found" / "layers-style.json").read_text(encoding="utf-8")
    assert (tmp_path / "found" / "layers-style.png").exists()


def test_pictures_called_alike_are_told_apart(study, tmp_path):
    (tmp_path / "other").mkdir()
    Image.open("style.png").save("other/style.png")
    code, out, _ = study("layers-style", "--style=other/style.png", "--json")
    assert code == 0
    assert json.loads(out)["styles"] == ["style", "style 2"]


def test_the_shipped_models_painting_is_one_of_the_starts(study, monkeypatch, draw):
    monkeypatch.setattr("impasto.cli.study._model_pastiche", lambda photo, _: photo)
    monkeypatch.setattr("impasto.studies.measures.Measures.compare", lambda *_: Figures(*[0.0] * 6))
    monkeypatch.setattr("impasto.studies.measures.load_vgg19", lambda: None)
    monkeypatch.setattr("impasto.studies.measures.Meter", lambda _: None)
    Image.fromarray(draw(3, 160, 160)).save("style.png")
    code, out, err = study("init", "--content=photo.png", "--json")
    assert code == 0, err
    assert [row["start"] for row in json.loads(out)["rows"]] == ["noise", "black", "photo", "model"]


def test_files_that_exist_are_kept_unless_told_otherwise(study, tmp_path):
    assert study()[0] == 0
    before = (tmp_path / "found" / "layers-style.json").read_bytes()
    code, _, err = study("layers-style", "--seed=4")
    assert code == 2
    assert "exists already" in err
    assert (tmp_path / "found" / "layers-style.json").read_bytes() == before
    assert study("layers-style", "--seed=4", "--overwrite")[0] == 0
    assert (tmp_path / "found" / "layers-style.json").read_bytes() != before


class TestList:
    def test_for_people_and_for_programs(self, run):
        code, out, _ = run("study", "--list")
        assert code == 0
        assert all(name in out for name in STUDIES)
        listed = json.loads(run("study", "--list", "--json")[1])
        assert [study["name"] for study in listed] == [*STUDIES]
        assert all(study["source"] for study in listed)

    def test_it_imports_no_torch(self):
        code = """
import sys
from impasto.cli.main import main
assert main(["study", "--list"]) == 0
assert "torch" not in sys.modules
"""
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


class TestBadInput:
    def test_an_unknown_study_suggests_a_near_miss(self, study, tmp_path):
        assert_refused(study("layer-styles"), tmp_path, "there is no study named 'layer-styles'", "'layers-style'")

    def test_no_name(self, run, tmp_path):
        assert_refused(run("study"), tmp_path, "no study is named", "--list")

    def test_no_folder(self, study, tmp_path):
        assert_refused(study(output=()), tmp_path, "give one with -o")

    def test_no_picture(self, study, run, tmp_path):
        assert_refused(study("init"), tmp_path, "ships no pictures", "--content")
        assert_refused(run("study", "layers-style", "-o", "found"), tmp_path, "ships no pictures", "--style")

    def test_an_unknown_layer(self, study, tmp_path):
        assert_refused(study("layers-style", "--layer=relu9_1"), tmp_path, "named 'relu9_1'")

    def test_an_unreadable_picture(self, study, tmp_path):
        assert_refused(study("layers-style", "--style=absent.jpg"), tmp_path, "absent.jpg")

    def test_a_folder_that_is_a_file(self, study, tmp_path):
        assert_refused(study(output=("-o", "photo.png/deeper")), tmp_path, "photo.png")

    def test_steps_and_minutes(self, study, tmp_path):
        assert_refused(study("layers-style", "--minutes=1"), tmp_path, "expected one of them")
