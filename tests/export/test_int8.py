"""Painters that compute with 8-bit integers: how far from the model's own, how large, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from impasto.errors import TrainingError
from impasto.export import int8
from impasto.export.int8 import quantize
from impasto.inference.engine import installed_engines, open_engine
from impasto.inference.openvino_engine import OpenVinoEngine
from impasto.inference.stylizer import Stylizer
from impasto.weights.manifest import PAINT


@pytest.fixture(autouse=True)
def untimed(monkeypatch):
    monkeypatch.setattr(int8, "paint_milliseconds", lambda _: {"milliseconds_512": 41.5})


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name in ("coffee", "chelsea", "rocket"):
        Image.fromarray(getattr(data, name)()).save(folder / f"{name}.png")
    return folder


def test_the_default_model_hardly_changes_and_its_painter_shrinks(photos, tmp_path):
    found = quantize("default", photos, tmp_path / "quick")
    whole, quick = (Stylizer.load(one, precision="fp32") for one in ("default", tmp_path / "quick"))
    assert quick.manifest.name == "default-int8"
    assert quick.manifest.quality["int8"] == [one.as_dict() for one in found]
    assert all(0 < one.mean < 5 / 255 for one in found)
    assert quick.manifest.files[PAINT].bytes < 0.75 * whole.manifest.files[PAINT].bytes
    assert [one.name for one in quick.presets] == [one.name for one in whole.presets]
    assert not quick.manifest.paints_parts
    photo = data.astronaut()[:200, 100:333]  # of a shape that was not measured, and painted in a style of its own
    code = whole.encode_style(data.immunohistochemistry())
    assert np.array_equal(quick.encode_style(data.immunohistochemistry()), code)
    assert np.abs(whole.stylize(photo, code).astype(float) - quick.stylize(photo, code)).mean() < 6
    assert np.array_equal(quick.stylize(photo, code, strength=0), photo)


@pytest.mark.parametrize("engine", installed_engines())
def test_the_default_model_offers_8_bits_within_a_level_and_a_half_and_learnt_styles_within_two(engine):
    exact = Stylizer.load(engine=engine, precision="fp32")
    quick = Stylizer.load(engine=engine, precision="int8")
    photo = data.coffee()[:256, :320]
    for name in ("starry-night", "the-scream", "great-wave"):
        for learnt, most in ((False, 1.5), (True, 2)):
            style = exact.preset_code(name, learnt=learnt)
            difference = np.abs(exact.stylize(photo, style).astype(float) - quick.stylize(photo, style)).mean()
            assert 0 < difference < most, (name, learnt)
    deep = photo.astype(np.uint16) * 257
    assert np.array_equal(quick.stylize(deep, "udnie"), exact.stylize(deep, "udnie")), "16 bits are never rounded to 8"


@pytest.mark.parametrize(("capabilities", "expected"), [(["FP32", "BF16"], False), (["FP32", "INT8"], True)])
def test_processors_without_bfloat16_take_8_bits(monkeypatch, capabilities, expected):
    pytest.importorskip("openvino")
    monkeypatch.setattr(OpenVinoEngine, "_capabilities", lambda _: capabilities)
    assert open_engine("openvino").integers is expected
    assert open_engine("openvino", precision="fp32").integers is False


@pytest.mark.parametrize("name", ["johnson", pytest.param("adain", marks=pytest.mark.thorough)])
def test_other_families_too(name, family_models, photos, tmp_path):
    quantize(family_models[name], photos, tmp_path / "quick")
    quick = Stylizer.load(tmp_path / "quick")
    style = quick.presets[0].name if quick.presets else data.coffee()
    assert quick.stylize(data.chelsea(), style).shape == data.chelsea().shape
    assert quick.manifest.family == name


def test_what_differs_too_much_is_not_written(family_models, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(int8, "LIMIT", 0.0)
    with pytest.raises(TrainingError, match="photos more like those"):
        quantize(family_models["johnson"], photos, tmp_path / "quick")
    assert list(tmp_path.iterdir()) == []
