from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import impasto
from impasto.cli import info
from impasto.cli.extras import needs_extra
from impasto.cli.main import VERBS
from impasto.errors import MissingExtra
from impasto.inference.stylizer import Stylizer
from impasto.weights.catalog import MODELS


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def only_the_toy(monkeypatch, toy_model):
    monkeypatch.setitem(MODELS, "default", toy_model)


class TestMain:
    def test_help_lists_every_verb(self, run):
        code, out, _ = run("--help")
        assert code == 0
        assert all(verb in out for verb in VERBS)

    @pytest.mark.parametrize("verb", VERBS)
    def test_every_verb_explains_itself(self, run, verb):
        code, out, _ = run(verb, "--help")
        assert code == 0
        assert out.startswith(f"Usage: impasto {verb}")

    def test_no_verb_is_bad_usage_and_shows_the_help(self, run):
        code, out, err = run()
        assert (code, out) == (2, "")
        assert "stylize" in err

    def test_near_misses_are_suggested(self, run):
        code, _, err = run("stylise", "photo.jpg")
        assert code == 2
        assert "did you mean 'stylize'" in err
        assert len(err.splitlines()) == 1

    @pytest.mark.usefixtures("saved")
    def test_a_file_instead_of_a_verb_is_painted(self, run):
        code, out, _ = run("photo.png", "--style", "noon", "-o", "out.png")
        assert code == 0
        assert out.startswith("out.png")
        assert "cannot read absent.jpg" in run("absent.jpg", "--style", "noon")[2]
        assert "absent.mp4" in run("absent.mp4", "--style", "noon")[2]

    def test_the_version(self, run):
        assert run("--version")[1] == f"impasto {impasto.__version__}\n"

    def test_a_bug_is_one_line_and_its_traceback_is_behind_a_flag(self, run, monkeypatch):
        monkeypatch.setattr(info, "cache_folder", lambda: 1 / 0)
        code, _, err = run("info")
        assert code == 2
        assert "unexpected ZeroDivisionError (division by zero)" in err
        assert err.count("\n") == 1
        for arguments in (["info", "--debug"], ["--debug", "info"]):
            assert "Traceback" in run(*arguments)[2]

    @pytest.mark.skipif(os.name == "nt", reason="closing a stream takes a POSIX shell")
    def test_nobody_needs_to_listen(self, tmp_path, photo, toy_model):
        for name in ("a.png", "b.png"):
            Image.fromarray(photo).save(tmp_path / name)
        command = [sys.executable, "-m", "impasto", "stylize", tmp_path, "--style=noon", f"--model={toy_model}"]
        out = tmp_path / "out"
        shell = f"{shlex.join(map(str, [*command, '--jobs=1', '-o', out]))} | true"
        done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(list(out.iterdir())) == 2
        shell = shlex.join([*map(str, command[:4]), str(tmp_path / "a.png"), *command[5:], "-o", "-"]) + " >&-"
        done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "standard output is closed" in done.stderr


class TestStyles:
    def test_json_is_a_list_of_objects(self, run):
        code, out, _ = run("styles", "--json")
        assert code == 0
        assert [one["name"] for one in json.loads(out)] == ["dusk", "noon", "sea-foam"]
        assert set(json.loads(out)[0]) >= {"name", "title", "artist", "year"}

    def test_people_get_a_table(self, run):
        code, out, _ = run("styles")
        assert code == 0
        assert "sea-foam" in out
        assert "Nobody" in out

    @pytest.mark.usefixtures("saved")
    def test_a_sheet_shows_the_photo_in_every_style(self, run):
        code, out, _ = run("styles", "--sheet", "photo.png", "-o", "sheet.png")
        assert (code, out) == (0, "sheet.png\n")
        with Image.open("sheet.png") as sheet:
            width, height = sheet.size
        assert width > 640
        assert height > 440

    @pytest.mark.usefixtures("saved")
    def test_a_sheet_never_overwrites_unasked(self, run):
        Path("photo-styles.jpg").write_text("precious")
        code, _, err = run("styles", "--sheet", "photo.png")
        assert code == 2
        assert "--overwrite" in err
        assert Path("photo-styles.jpg").read_text() == "precious"
        assert run("styles", "--sheet", "photo.png", "--overwrite")[0] == 0

    @pytest.mark.usefixtures("saved")
    def test_a_sheet_needs_a_photo_and_presets(self, run, make_toy_model):
        assert run("styles", "-o", "sheet.png")[0] == 2
        assert run("styles", "--sheet", "absent.png")[0] == 2
        bare = make_toy_model("bare", presets=())
        code, _, err = run("styles", "--sheet", "photo.png", "--model", bare)
        assert code == 2
        assert "no preset styles" in err
        assert not Path("photo-styles.jpg").exists()


class TestModels:
    def test_json_is_a_list_of_objects(self, run):
        code, out, _ = run("models", "--json")
        assert code == 0
        models = json.loads(out)
        assert [model["name"] for model in models] == [*MODELS]
        assert models[0]["presets"] == 3

    def test_people_get_a_table(self, run):
        code, out, _ = run("models")
        assert code == 0
        assert "Apache-2.0" in out


class TestInfo:
    def test_it_names_engines_models_and_the_cache(self, run, monkeypatch):
        monkeypatch.setenv("IMPASTO_CACHE", "somewhere")
        code, out, _ = run("info", "--json")
        facts = json.loads(out)
        assert code == 0
        assert {engine["name"] for engine in facts["engines"]} == {"openvino", "onnxruntime"}
        assert any("cpu" in engine.get("devices", []) for engine in facts["engines"])
        assert facts["models"][0]["verified"]
        assert facts["cache"] == "somewhere"
        assert "checksums verified" in run("info")[1]

    def test_damaged_weights_are_reported(self, run, make_toy_model, monkeypatch):
        folder = make_toy_model()
        data = (folder / "paint.onnx").read_bytes()
        (folder / "paint.onnx").write_bytes(b"?" + data[1:])
        monkeypatch.setitem(MODELS, "default", folder)
        code, out, _ = run("info", "--json")
        assert code == 2
        assert "sha256" in json.loads(out)["models"][0]["error"]


class TestEncode:
    def test_a_saved_code_paints_like_its_picture(self, run, saved, toy_model):
        assert run("encode", "photo.png", "-o", "code.npz", "--style-size", "40") == (0, "code.npz\n", "")
        stylizer = Stylizer.load(toy_model)
        assert np.array_equal(stylizer.load_code("code.npz"), stylizer.encode_style(saved, size=40))
        assert run("stylize", "photo.png", "--style", "code.npz", "-o", "out.png")[0] == 0

    @pytest.mark.usefixtures("saved")
    def test_it_never_overwrites_unasked(self, run):
        Path("photo.npz").write_text("precious")
        assert run("encode", "photo.png")[0] == 2
        assert Path("photo.npz").read_text() == "precious"
        code, out, _ = run("encode", "photo.png", "--overwrite", "--json")
        assert code == 0
        assert json.loads(out)["numbers"] == 18

    @pytest.mark.usefixtures("saved")
    def test_a_code_is_not_called_like_a_picture(self, run):
        code, _, err = run("encode", "photo.png", "-o", "style.jpg")
        assert code == 2
        assert "does not end in .npz" in err

    @pytest.mark.usefixtures("saved")
    def test_a_style_file_of_a_few_pixels_is_named(self, run):
        Image.new("RGB", (5, 5)).save("tiny.png")
        code, _, err = run("stylize", "photo.png", "--style", "tiny.png")
        assert code == 2
        assert err.startswith("impasto: cannot use the style tiny.png: the style has 5×5 pixels")

    @pytest.mark.usefixtures("saved")
    def test_a_code_of_another_model_is_refused(self, run, make_toy_model):
        assert run("encode", "photo.png")[0] == 0
        other = make_toy_model("other", name="other", other_encoder=True)
        code, _, err = run("stylize", "photo.png", "--style", "photo.npz", "--model", other, "-o", "out.png")
        assert code == 2
        assert "another model" in err
        assert not Path("out.png").exists()


class TestExtras:
    def test_a_package_that_is_missed_late_names_its_extra_too(self, run, monkeypatch):
        def missing():
            raise ModuleNotFoundError("No module named 'cv2'", name="cv2.dnn")

        monkeypatch.setattr(info, "cache_folder", missing)
        code, _, err = run("info")
        assert (code, len(err.splitlines())) == (2, 1)
        assert "pip install 'impasto[video]'" in err

    @pytest.mark.usefixtures("saved")
    def test_what_is_wrong_with_a_style_to_train_on_is_said_of_the_file(self, run):
        pytest.importorskip("torch")
        Image.new("RGB", (5, 5)).save("tiny.png")
        places = ("--content", ".", "--run", "run")
        _, _, err = run("train", "johnson", *places, "--style", "tiny.png")
        assert err == "impasto: the style tiny.png has 5×5 pixels, expected at least 64 a side; give a larger picture\n"
        assert "there is no file or folder nosuch.png" in run("train", "johnson", *places, "--style", "nosuch.png")[2]

    def test_an_unknown_family_lists_the_families(self, run):
        code, _, err = run("train", "nosuch")
        assert code == 2
        assert "there is no family of models named 'nosuch'; known: adain, cin, default" in err

    def test_an_absent_package_names_the_extra(self):
        with pytest.raises(MissingExtra, match=r"pip install 'impasto\[train\]'"), needs_extra("train", "training"):
            import a_package_that_nobody_has  # noqa: F401

    def test_our_own_mistakes_are_not_blamed_on_it(self):
        with pytest.raises(ModuleNotFoundError, match="nowhere"), needs_extra("train", "training"):
            import impasto.nowhere  # noqa: F401
