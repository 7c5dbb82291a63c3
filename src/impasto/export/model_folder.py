"""From a training run to a folder that ``Stylizer`` loads: two graphs and a manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.export import onnx as graphs_to_onnx
from impasto.export import parity
from impasto.export.graphs import EncodeStyle, Paint
from impasto.models.painter import Painter
from impasto.nn.vgg_weights import channel_means, load_vgg19
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.default_recipe import DefaultModel, painter_config
from impasto.training.loop import trained_model
from impasto.weights.manifest import ENCODE_STYLE, INTERFACE, MANIFEST, PAINT

MINIMUM_SIDE = 64
STYLE_SIZE = 384
LICENCE = "Apache-2.0; encode_style.onnx contains VGG-19 (Simonyan & Zisserman, CC BY 4.0)"


def export_run(run: Path, folder: Path, *, name: str = "default") -> list[parity.Parity]:
    """Export a run's averaged weights to ``folder`` and check them on every installed engine.

    Raises:
        CheckpointError: the run has no readable checkpoint.
        TrainingError: an engine does not reproduce torch; the folder is then incomplete (it has no quality figures).
    """
    state = checkpoint.load(run)
    options = DefaultTrainOptions.from_dict(state["options"])
    model = trained_model(state, DefaultModel(painter_config(options)))
    assert isinstance(model, DefaultModel)
    encode = EncodeStyle(load_vgg19(normalised=False), channel_means(), model.encoder).eval()
    paint = Paint(model.painter).eval()
    folder.mkdir(parents=True, exist_ok=True)
    graphs_to_onnx.write(graphs_to_onnx.export_encode_style(encode), folder / ENCODE_STYLE)
    graphs_to_onnx.write(graphs_to_onnx.export_paint(paint), folder / PAINT)
    training = options.as_dict()
    training |= {"steps_done": state["step"], "seconds": round(state["seconds"]), "torch": torch.__version__}
    write_manifest(
        folder,
        {
            "name": name,
            "interface": INTERFACE,
            "code_size": options.code_size,
            "multiple": Painter.MULTIPLE,
            "minimum": MINIMUM_SIDE,
            "style_size": STYLE_SIZE,
            "style_side": "short",
            "licence": LICENCE,
            "training": training,
            "quality": {},
        },
    )
    found = parity.check(folder, encode, paint, _probe(192, 256, seed=0), _probe(256, 192, seed=1))
    update_manifest(folder, quality={"parity": [one.as_dict() for one in found]})
    return found


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``manifest.json`` with the sizes and sha256 of the files that are in the folder."""
    names = [ENCODE_STYLE, PAINT, "presets/codes.npy"]
    files = {name: _entry(folder / name) for name in names if (folder / name).is_file()}
    beside = folder / (MANIFEST + ".part")
    beside.write_text(json.dumps({**facts, "files": files}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(folder / MANIFEST)


def update_manifest(folder: Path, *, quality: Mapping[str, Any] | None = None) -> None:
    """Refresh the files' entries and add to ``quality``."""
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    facts["quality"] |= quality or {}
    write_manifest(folder, facts)


def _entry(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _probe(height: int, width: int, *, seed: int) -> NDArray[np.uint8]:
    """A made-up picture with edges, gradients and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin((x * a + y * b) / 9) for a, b in rng.uniform(-1, 1, (3, 2))]
    picture = 127 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)
