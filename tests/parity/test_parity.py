"""Torch, ONNX Runtime and OpenVINO agree on what the exported graphs compute."""

from __future__ import annotations

import pytest

from impasto.errors import EngineError
from impasto.export import parity
from impasto.export.graphs import Paint
from impasto.export.model_folder import style_encoder
from impasto.inference.engine import installed_engines
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.default_recipe import DefaultModel, painter_config
from impasto.training.loop import trained_model


@pytest.fixture(scope="module")
def modules(tiny_run):
    """What was exported, in torch."""
    state = checkpoint.load(tiny_run)
    model = trained_model(state, DefaultModel(painter_config(DefaultTrainOptions.from_dict(state["options"]))))
    return style_encoder(model), Paint(model.painter).eval()


@pytest.mark.parametrize(
    ("content", "style"), [((64, 64), (96, 96)), ((72, 136), (33, 150))], ids=["square", "not square"]
)
def test_engines_paint_what_torch_paints(tiny_model, modules, draw, content, style):
    found = parity.check(tiny_model, *modules, draw(1, *content), draw(2, *style))
    precisions = {"openvino": ["fp32", "auto"], "onnxruntime": ["fp32"]}
    assert [(one.engine, one.precision) for one in found] == [
        (engine, precision) for engine in installed_engines() for precision in precisions[engine]
    ]
    for one in found:
        assert one.pastiche < (1e-3 if one.precision == "fp32" else 1 / 255)
        assert one.code < (1e-3 if one.precision == "fp32" else 0.03)


def test_without_an_engine_nothing_is_taken_for_right(tiny_model, modules, draw, monkeypatch):
    monkeypatch.setattr(parity, "installed_engines", lambda: ())
    with pytest.raises(EngineError, match="pip install onnxruntime"):
        parity.check(tiny_model, *modules, draw(1, 64, 64), draw(2, 64, 64))
