"""Masks, maps, palettes, colours and strokes as the command line takes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.cli.composition import split_mask
from impasto.errors import UsageError
from impasto.image.io import read_picture
from impasto.inference.compose import compose
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def stylizer(toy_model):
    return Stylizer.load(toy_model)


@pytest.fixture
def stylize(run, toy_model):
    def stylize(*arguments):
        return run("stylize", "photo.png", "-o", "out.png", "--overwrite", "--model", toy_model, *arguments)

    return stylize


@pytest.fixture
def left(photo):
    """A mask of the left half, also as ``left.png``."""
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, :52] = 255
    Image.fromarray(mask).save("left.png")
    return mask


def painted():
    return read_picture("out.png").pixels


def test_masks_with_and_without_a_base(stylize, saved, left, stylizer):
    assert stylize("--mask", "left.png=dusk")[0] == 0
    assert np.array_equal(painted(), compose(stylizer, saved, regions=[(left, "dusk")], feather=2))
    assert stylize("--style", "noon", "--mask", "left.png=dusk", "--mask", "left.png=photo.png", "--feather", 9)[0] == 0
    regions = [(left, "dusk"), (left, saved)]
    assert np.array_equal(painted(), compose(stylizer, saved, "noon", regions=regions, feather=9))


@pytest.mark.usefixtures("left", "saved")
def test_the_files_name_says_all_styles(run, toy_model):
    assert run("stylize", "photo.png", "--style", "noon", "--mask", "left.png=dusk", "--model", toy_model)[0] == 0
    assert Path("photo-noon+dusk.png").is_file()


def test_a_strength_map(stylize, saved, left, stylizer):
    assert stylize("--style", "noon", "--strength-map", "left.png", "--strength", "0.6")[0] == 0
    expected = compose(stylizer, saved, "noon", strength_map=left, look=LookOptions(strength=0.6))
    assert np.array_equal(painted(), expected)
    assert np.array_equal(painted()[:, 52:], saved[:, 52:])


def test_every_look_reaches_the_painter(stylize, saved, stylizer):
    Image.fromarray(saved[:40, :60]).save("art.png")
    art = np.ascontiguousarray(saved[:40, :60])
    look = {"color": "photo-histogram", "color_when": "before", "saturation": 1.3, "brightness": 0.8, "stroke": 2.0}
    look |= {"style_size": 40, "size": 90, "strength": 0.9}
    flags = [part for name, value in look.items() for part in ("--" + name.replace("_", "-"), value)]
    code, out, _ = stylize("--style", "art.png:3", "--style", "dusk", "--palette", "noon", *flags, "--json")
    assert code == 0
    expected = compose(stylizer, saved, [(art, 3), ("dusk", 1)], palette="noon", look=LookOptions(**look))
    assert np.array_equal(painted(), expected)
    said = json.loads(out)["options"]
    assert said | look == said
    assert said["palette"] == "noon"
    assert said["mask"] == []


def test_preserve_color_is_photo_luminance(stylize, saved, stylizer):
    assert stylize("--style", "noon", "--preserve-color")[0] == 0
    kept = painted()
    assert stylize("--style", "noon", "--color", "photo-luminance")[0] == 0
    assert np.array_equal(kept, painted())
    assert np.array_equal(kept, stylizer.stylize(saved, "noon", preserve_color=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mask", "left.png"], "expected FILE=STYLE"),
        (["--mask", "=dusk"], "expected FILE=STYLE"),
        (["--mask", "left.png="], "expected FILE=STYLE"),
        (["--mask", "left.png=duks"], "did you mean 'dusk'"),
        (["--mask", "left.png=nowhere.jpg"], "no such file"),
        (["--mask", "absent.png=dusk"], "absent.png: there is no such file"),
        (["--mask", "text.png=dusk"], "text.png"),
        (["--mask", ".=dusk"], "folder"),
        (["--style", "noon", "--strength-map", "text.png"], "the strength map is of no use"),
        (["--style", "noon", "--palette", "duks"], "did you mean 'dusk'"),
        (["--style", "noon", "--feather", "-1"], "feather is -1"),
        (["--style", "noon", "--stroke", "0"], "stroke is 0.0, expected a number from 0.25 to 32"),
        (["--style", "noon", "--saturation", "-1"], "saturation is -1.0"),
        (["--style", "noon", "--brightness", "nan"], "brightness is nan"),
        (["--style", "noon", "--color", "photo"], "photo-luminance"),
        (["--style", "noon", "--color", "photo-hue", "--preserve-color"], "contradict"),
        (["--style", "noon", "--color", "photo-hue", "--color-when", "before"], "expected 'after'"),
    ],
)
@pytest.mark.usefixtures("saved", "left")
def test_bad_usage_is_one_sentence(stylize, arguments, words):
    Path("text.png").write_text("no picture")
    code, out, err = stylize(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert not Path("out.png").exists()


def test_either_name_of_a_mask_may_hold_equals_signs():
    assert split_mask("sky.png=starry-night") == ("sky.png", "starry-night")
    assert split_mask("sky.png=a=b.jpg") == ("sky.png", "a=b.jpg")
    Path("a=1.png").write_bytes(b"")
    assert split_mask("a=1.png=noon") == ("a=1.png", "noon")
    with pytest.raises(UsageError):
        split_mask("")
