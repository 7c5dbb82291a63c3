from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.cli.style_argument import label_of, resolve_styles, split_weight
from impasto.errors import ImageError, StyleError, UnknownName, UsageError
from impasto.inference.stylizer import Stylizer


@pytest.fixture(scope="module")
def stylizer(toy_model):
    return Stylizer.load(toy_model)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def artwork():
    pixels = np.full((40, 50, 3), (200, 100, 50), np.uint8)
    Image.fromarray(pixels).save("art.png")
    return pixels


@pytest.mark.parametrize(
    ("style", "name", "weight"),
    [
        ("noon", "noon", 1),
        ("noon:2", "noon", 2),
        ("noon:0.5", "noon", 0.5),
        ("noon:1e-3", "noon", 0.001),
        ("noon:x", "noon:x", 1),
        ("noon:", "noon:", 1),
        ("art.png:3", "art.png", 3),
        ("C:/pictures/art.png", "C:/pictures/art.png", 1),
        ("C:2", "C:2", 1),
        ("unknown:2", "unknown:2", 1),
    ],
)
def test_a_weight_is_a_number_after_the_last_colon_of_something_that_exists(stylizer, artwork, style, name, weight):
    assert split_weight(style, stylizer) == (name, weight)


@pytest.mark.skipif("sys.platform == 'win32'", reason="its file names hold no colons")
def test_a_file_name_may_hold_colons_and_end_like_a_weight(stylizer, artwork):
    for name in ("12:30", "a:b.png"):
        Path("art.png").copy(name) if hasattr(Path, "copy") else Path(name).write_bytes(Path("art.png").read_bytes())
    assert split_weight("12:30", stylizer) == ("12:30", 1)
    assert split_weight("12:30:2", stylizer) == ("12:30", 2)
    assert split_weight("a:b.png:2", stylizer) == ("a:b.png", 2)


def test_presets_pictures_and_codes_mix(stylizer, artwork):
    picture = stylizer.encode_style(artwork)
    stylizer.save_code("saved", picture)
    noon = stylizer.preset_code("noon")
    assert np.array_equal(resolve_styles(stylizer, ["noon"], None), noon)
    assert np.allclose(resolve_styles(stylizer, ["art.png"], None), picture)
    assert np.allclose(resolve_styles(stylizer, ["saved:5"], None), picture)
    assert np.allclose(resolve_styles(stylizer, ["noon:3", "art.png"], None), stylizer.mix([noon, picture], [3, 1]))


def test_a_preset_wins_over_a_file_of_its_name(stylizer, artwork):
    Path("noon").write_bytes(Path("art.png").read_bytes())
    assert np.array_equal(resolve_styles(stylizer, ["noon"], None), stylizer.preset_code("noon"))
    assert not np.allclose(resolve_styles(stylizer, ["./noon"], None), stylizer.preset_code("noon"))


@pytest.mark.parametrize(
    ("style", "error", "words"),
    [
        ("nooon", UnknownName, "did you mean 'noon'"),
        ("nowhere", UnknownName, "impasto styles"),
        ("nowhere.jpg", ImageError, "no such file"),
        ("pictures/nowhere", ImageError, "no such file"),
        ("text.jpg", ImageError, "no JPEG"),
        ("damaged.npz", StyleError, "no style code"),
        ("noon:0", UsageError, "weights"),
        ("noon:-1", UsageError, "weights"),
        ("noon:nan", UsageError, "weights"),
        (".", ImageError, "folder"),
    ],
)
def test_what_is_no_style_is_refused(stylizer, style, error, words):
    Path("text.jpg").write_text("no picture")
    Path("damaged.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(error, match=words):
        resolve_styles(stylizer, [style], None)


def test_a_label_is_fit_for_a_file_name(stylizer, artwork):
    assert label_of(["noon"], stylizer) == "noon"
    assert label_of(["noon:2", "art.png:0.5"], stylizer) == "noon+art"
    assert label_of(["some where/my art (1).jpg"], stylizer) == "my_art_1_"
    assert len(label_of(["noon"] * 50, stylizer)) <= 60
