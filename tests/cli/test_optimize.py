"""``impasto optimize``: every file it writes, how it stops and goes on, and what it says of bad input."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.cli.optimize import _affordable
from impasto.image.io import read_picture
from impasto.optimize import Objective, OptimizeOptions, Painting

pytest.importorskip("torch")
TINY = (
    "--size=48",
    "--steps=3",
    "--content-layer=relu2_1",
    "--style-layer=relu1_1",
    "--tv-weight=0",
    "--precision=fp32",
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch, network):
    monkeypatch.setattr("impasto.optimize.painting.load_network", lambda _: network)


@pytest.fixture(scope="session")
def network():
    from impasto.optimize import OptimizeOptions
    from impasto.optimize.painting import load_network

    return load_network(OptimizeOptions(precision="fp32"))


@pytest.fixture
def optimize(run, saved, draw):
    """Run the verb on the saved photo and a style, with tiny options."""
    Image.fromarray(draw(5, 40, 52)).save("style.png")

    def optimize(*more, style="style.png", photo="photo.png"):
        return run("optimize", photo, "--style", style, *TINY, *more)

    return optimize


def interrupt_at(step, monkeypatch):
    """Deliver Ctrl-C to the handler, as a signal would, while a step is painted."""
    advance = Painting._advance

    def advancing(painting):
        iterate = advance(painting)
        if iterate.step == step:
            signal.getsignal(signal.SIGINT)(signal.SIGINT, None)
        return iterate

    monkeypatch.setattr(Painting, "_advance", advancing)


def assert_refused(result, tmp_path, *words):
    """One sentence, exit code 2, and no file but the inputs."""
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("impasto: ")
    assert len(err.splitlines()) == 1
    for word in words:
        assert word in err
    assert {file.name for file in tmp_path.iterdir()} <= {"photo.png", "style.png", "input.png"}


def test_the_picture_is_painted_beside_the_photo(optimize, saved):
    code, out, err = optimize()
    assert code == 0, err
    assert out.startswith("photo-style.png  48×33  3 steps  ")
    assert err == ""  # no bar where there is no terminal
    painted = read_picture("photo-style.png").pixels
    assert painted.shape == (33, 48, 3)
    small = np.asarray(Image.fromarray(saved).resize((48, 33)))
    assert np.abs(painted.astype(int) - small).mean() > 1


def test_everything_it_can_write(optimize, tmp_path):
    av = pytest.importorskip("av")
    pytest.importorskip("matplotlib")
    code, out, err = optimize(
        "--output=out.jpg", "--preview=look.png", "--preview-seconds=0", "--save-every=2", "--film=film.mp4",
        "--trace=trace.json", "--plot=plot.png", "--run=run", "--json",
    )  # fmt: skip
    assert code == 0, err
    facts = json.loads(out)
    assert (facts["steps"], facts["finished"], facts["width"], facts["height"]) == (3, True, 48, 33)
    assert sorted(file.name for file in tmp_path.glob("out*")) == ["out-00000.jpg", "out-00002.jpg", "out.jpg"]
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert [record["step"] for record in trace["steps"]] == [0, 1, 2, 3]
    assert trace["options"]["steps"] == 3
    assert trace["steps"][-1]["objective"] == facts["objective"] < trace["steps"][0]["objective"]
    assert set(facts["terms"]) == {"content relu2_1", "gram relu1_1"}
    with av.open("film.mp4") as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 4
    assert frames[0].shape == (32, 48, 3)
    last = read_picture("look.png").pixels
    assert np.abs(frames[-1].astype(int)[:30] - last[:30]).mean() < 20
    assert read_picture("plot.png").pixels.std() > 5
    assert (tmp_path / "run" / "painting.pt").exists()
    assert not list(tmp_path.glob(".impasto-*"))


def test_exif_and_transparency_are_kept(optimize, draw):
    pixels = np.dstack([draw(1, 40, 60), np.full((40, 60), 100, np.uint8)])
    exif = Image.Exif()
    exif[0x010E] = "a test"
    Image.fromarray(pixels).save("input.png", exif=exif)
    assert optimize("--output=out.png", photo="input.png")[0] == 0
    with Image.open("out.png") as painted:
        assert painted.mode == "RGBA"
        assert painted.getexif()[0x010E] == "a test"
        assert set(np.unique(np.asarray(painted)[..., 3])) == {100}


def test_ctrl_c_writes_what_there_is_and_resuming_is_exact(optimize, monkeypatch):
    assert optimize("--output=whole.png")[0] == 0
    with monkeypatch.context() as patch:
        interrupt_at(1, patch)
        code, out, _ = optimize("--output=stopped.png", "--run=run", "--json")
    assert code == 130
    assert (json.loads(out)["steps"], json.loads(out)["finished"]) == (1, False)
    stopped, whole = (read_picture(f"{name}.png").pixels for name in ("stopped", "whole"))
    assert (stopped != whole).any()
    code, _, err = optimize("--output=refused.png", "--run=run")
    assert code == 2
    assert "go on with it with --resume" in err


def test_resuming_takes_the_options_from_the_run(run, optimize, monkeypatch):
    assert optimize("--output=whole.png")[0] == 0
    with monkeypatch.context() as patch:
        interrupt_at(1, patch)
        assert optimize("--output=stopped.png", "--run=run")[0] == 130
    again = ("optimize", "photo.png", "--style", "style.png", "--run=run", "--resume", "--output=resumed.png")
    code, out, _ = run(*again, "--json")
    assert (code, json.loads(out)["steps"]) == (0, 3)
    whole, resumed = (read_picture(f"{name}.png").pixels for name in ("whole", "resumed"))
    np.testing.assert_array_equal(whole, resumed)
    code, _, err = run(*again, "--overwrite", "--tv-weight=9")
    assert code == 2
    assert "--tv-weight is 9.0, but the run was begun with 0.0" in err


def test_the_same_command_goes_on_and_more_steps_continue_what_is_finished(optimize, monkeypatch):
    assert optimize("--output=whole.png")[0] == 0
    with monkeypatch.context() as patch:
        interrupt_at(1, patch)
        assert optimize("--output=out.png", "--run=run")[0] == 130
    assert optimize("--output=out.png", "--run=run", "--resume")[0] == 0
    assert Path("out.png").read_bytes() == Path("whole.png").read_bytes()
    code, out, _ = optimize("--output=out.png", "--run=run", "--resume", "--steps=5", "--json")
    assert (code, json.loads(out)["steps"]) == (0, 5)
    Path("out.png").write_bytes(b"somebody else's")
    code, _, err = optimize("--output=out.png", "--run=run", "--resume", "--steps=6")
    assert code == 2
    assert "is not what this run has written" in err
    assert Path("out.png").read_bytes() == b"somebody else's"


def test_going_on_replaces_nothing_but_the_runs_own_painting(optimize, monkeypatch):
    with monkeypatch.context() as patch:
        interrupt_at(1, patch)
        assert optimize("--output=out.png", "--run=run")[0] == 130
    Path("look.png").write_bytes(b"precious")
    code, _, err = optimize("--output=out.png", "--run=run", "--resume", "--preview=look.png")
    assert code == 2
    assert "look.png exists already" in err
    assert Path("look.png").read_bytes() == b"precious"


def test_what_is_left_open_neither_enlarges_a_photo_nor_takes_an_hour():
    left_open = _affordable(OptimizeOptions(), {}, (80, 200, 3), quick=False)
    assert (left_open.size, left_open.minutes) == (200, 5)
    assert _affordable(OptimizeOptions(), {}, (2000, 3000, 3), quick=True) == OptimizeOptions()
    named = {"size": 1024, "steps": 500}
    assert _affordable(OptimizeOptions(**named), named, (80, 200, 3), quick=False) == OptimizeOptions(**named)


def test_a_preset_says_which_picture_it_is_of(optimize):
    code, _, err = optimize(style="starry-night")
    assert code == 2
    assert "starry-night is a preset" in err
    assert "itself: give a file of The Starry Night (Vincent van Gogh, 1889)" in err


def test_a_weight_follows_a_styles_name(optimize, draw, tmp_path):
    Image.fromarray(draw(6, 40, 52)).save("input.png")
    outputs = []
    for number, weights in enumerate((("style.png:2", "input.png:0"), ("style.png",))):
        more = [part for style in weights[1:] for part in ("--style", style)]
        assert optimize(f"--output=out{number}.png", *more, style=weights[0])[0] == 0
        outputs.append(read_picture(tmp_path / f"out{number}.png").pixels)
    np.testing.assert_array_equal(*outputs)


def test_it_begins_with_a_file_or_the_models_painting(optimize, draw, monkeypatch, toy_model):
    from impasto.weights.catalog import MODELS

    monkeypatch.setitem(MODELS, "default", toy_model)
    Image.fromarray(draw(6, 33, 48)).save("input.png")
    for start in ("input.png", "model"):
        assert optimize(f"--init={start}", "--output=out.png", "--overwrite", "--save-every=100")[0] == 0
        first = read_picture("out-00000.png").pixels
        if start == "input.png":
            np.testing.assert_array_equal(first, read_picture("input.png").pixels)


class TestRefusals:
    @pytest.mark.parametrize(
        ("flags", "words"),
        [
            (["--style-layer=relu4-1"], "did you mean 'relu4_1'"),
            (["--style-loss=grams"], "did you mean 'gram'"),
            (["--style-loss=gram:x"], "expected NAME or NAME:WEIGHT"),
            (["--content-weight=0", "--style-weight=0"], "every weight is 0"),
            (["--style-layer=relu5_1"], "sees squares of"),
            (["--style-loss=adversarial"], "take adam"),
            (["--init=gone.png"], "cannot read gone.png"),
            (["--style=gone.png"], "cannot read gone.png"),
            (["--style=style.png:much"], "'much'"),
            (["--size=2"], "size is 2"),
            (["--resume"], "give it with --run"),
            (["--run=run", "--resume"], "holds no painting.pt"),
            (["--preview=look.gif"], "its suffix is none of"),
            (["--film=film.avi"], ".mp4"),
            (["--trace=gone/trace.json"], "the folder gone does not exist"),
            (["--output=-"], "reads and writes files"),
            (["--output=out.txt"], "its suffix is none of"),
        ],
    )
    def test_what_cannot_be(self, optimize, tmp_path, flags, words):
        assert_refused(optimize(*flags), tmp_path, words)

    def test_a_photo_that_is_none(self, optimize, tmp_path):
        (tmp_path / "input.png").write_bytes(b"no picture")
        assert_refused(optimize(photo="input.png"), tmp_path, "cannot read input.png")
        assert_refused(optimize(photo="."), tmp_path, "takes one photo")

    def test_a_target_that_exists(self, optimize, tmp_path):
        (tmp_path / "photo-style.png").touch()
        code, _, err = optimize("--output=photo-style.png")
        assert code == 2
        assert "exists already" in err
        assert optimize()[1].startswith("photo-style-2.png")

    def test_a_loss_that_is_no_number(self, optimize, tmp_path, monkeypatch):
        monkeypatch.setattr(Objective, "total", lambda _self, terms: sum(terms.values()) * float("nan"))
        assert_refused(optimize("--film=film.mp4"), tmp_path, "is not finite")

    def test_a_missing_extra(self, optimize, tmp_path, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "av", None)
        assert_refused(optimize("--film=film.mp4"), tmp_path, "pip install 'impasto[video]'")


def test_help_teaches_and_needs_no_torch(run):
    code, out, _ = run("optimize", "--help")
    assert code == 0
    for words in ("Examples:", "--style-loss", "relu2_1=2", "--resume", "Ctrl-C"):
        assert words in out
