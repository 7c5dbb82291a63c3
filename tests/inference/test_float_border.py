"""The same network with floats at its border."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.errors import EngineError, ImageError
from impasto.image.color import color_statistics
from impasto.inference.engine import installed_engines, open_engine
from impasto.inference.float_border import ADDED, with_float_border
from impasto.inference.stylizer import Stylizer
from impasto.weights.catalog import find_model
from impasto.weights.manifest import PAINT


@pytest.fixture(params=installed_engines())
def stylizer(request, toy_model):
    return Stylizer.load(toy_model, engine=request.param)


@pytest.mark.parametrize("model", ["toy", "default"])
def test_the_file_stays_a_model_and_only_types_change(model, toy_model):
    onnx = pytest.importorskip("onnx")
    data = find_model(toy_model if model == "toy" else model).read(PAINT)
    changed = with_float_border(data)
    loaded = onnx.load_from_string(changed)
    onnx.checker.check_model(loaded)
    assert {one.type.tensor_type.elem_type for one in [*loaded.graph.input, *loaded.graph.output]} == {1}
    assert len(changed) == len(data)
    assert sum(one != other for one, other in zip(data, changed, strict=True)) <= 4


@pytest.mark.parametrize("engine", installed_engines())
@pytest.mark.parametrize("model", ["toy", "default"])
def test_truncating_gives_what_the_graph_gives(engine, model, toy_model, photo):
    manifest = find_model(toy_model if model == "toy" else model)
    opened = open_engine(engine, precision="fp32")
    rng = np.random.default_rng(0)
    inputs = {
        "code": rng.normal(0, 0.1, (1, manifest.code_size)).astype(np.float32),
        "recolor": np.eye(3, 4, dtype=np.float32)[None],
    }
    content = np.ascontiguousarray(photo[:64, :96])[None]
    floats = opened.open(manifest, PAINT, deep=True)(content=content.astype(np.float32), **inputs)
    levels = opened.open(manifest, PAINT)(content=content, **inputs)
    assert floats.dtype == np.float32
    assert (floats.astype(np.uint8) == levels).mean() > 0.9999
    assert not np.array_equal(floats, np.floor(floats) + ADDED), "it is not rounded before it comes out"


def test_a_16_bit_photo_is_painted_with_16_bits(stylizer, photo):
    content = photo.astype(np.uint16) * 257
    pastiche = stylizer.stylize(content, "noon")
    assert (pastiche.dtype, pastiche.shape) == (np.uint16, content.shape)
    coarse = stylizer.stylize(photo, "noon")
    assert np.abs(pastiche / 257 - coarse).max() <= 1.5
    assert not np.array_equal(pastiche, pastiche // 257 * 257)
    # A hundred levels of 65,536, less than half a level of 256, go in and three quarters of them come out.
    color = color_statistics(content)
    below = content < 60_000
    finer = stylizer.stylize(content + np.uint16(100) * below, "noon", content_color=color)
    moved = finer.astype(int) - stylizer.stylize(content, "noon", content_color=color)
    assert np.linalg.norm(moved[below.all(axis=2)], axis=1).mean() > 20


def test_strength_size_and_colour_have_16_bits_too(stylizer, photo):
    content = photo.astype(np.uint16) * 257
    np.testing.assert_array_equal(stylizer.stylize(content, "noon", strength=0), content)
    for options in ({"strength": 0.5}, {"size": 60}, {"preserve_color": True}):
        fine = stylizer.stylize(content, "noon", **options)
        assert fine.dtype == np.uint16
        assert np.abs(fine / 257 - stylizer.stylize(photo, "noon", **options)).mean() < 1


@pytest.mark.parametrize("cut", [0, 10, 400])
def test_damaged_files_are_one_sentence(toy_model, cut):
    data = find_model(toy_model).read(PAINT)[:cut]
    with pytest.raises(EngineError):
        with_float_border(data)


def test_other_borders_are_refused(toy_model):
    data = with_float_border(find_model(toy_model).read(PAINT))
    with pytest.raises(EngineError, match="uint8"):
        with_float_border(data)
    assert ADDED == 0.5


def test_styles_have_8_bits(stylizer, photo):
    with pytest.raises(ImageError, match="uint8"):
        stylizer.encode_style(photo.astype(np.uint16))
