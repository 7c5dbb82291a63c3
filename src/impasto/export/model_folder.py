"""From a training run to a folder that ``Stylizer`` loads: graphs and a manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.errors import StyleError, WeightsError
from impasto.export import onnx as graphs_to_onnx
from impasto.export import parity
from impasto.export.folder import PRESETS, replaced, update_manifest, write_manifest
from impasto.export.graphs import EncodeStyle, Measure, Paint, PaintFixed
from impasto.export.presets import add_presets, read_table
from impasto.export.reach import measure_halo
from impasto.models.painter import Painter
from impasto.nn.vgg_weights import channel_means, load_vgg19
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.default_recipe import DefaultModel, painter_config
from impasto.training.loop import trained_model
from impasto.weights.manifest import ENCODE_STYLE, INTERFACE, MEASURE, PAINT, PAINT_FIXED, read_manifest
from impasto.weights.presets import CODES

MINIMUM_SIDE = 64
STYLE_SIZE = 512  # looked at smaller, styles come out finer than they are (docs/default-model.md)
LICENCE = "Apache-2.0; encode_style.onnx contains VGG-19 (Simonyan & Zisserman, CC BY 4.0)"


def export_run(
    run: Path, folder: Path, *, name: str = "default", presets: Path | None = None, sample: Path | None = None
) -> list[parity.Parity]:
    """Export a run's averaged weights to ``folder`` and check them on every installed engine.

    A model in that place is replaced when the new one is whole. Its presets are kept if they mean the same to the new
    one, that is if both have the same style encoder.

    Args:
        name: what people call the model.
        presets, sample: artworks to add as presets and the photo of their thumbnails, as for
            :func:`~impasto.export.presets.export_presets`.

    Raises:
        CheckpointError: the run has no readable checkpoint.
        OutputExists: the folder holds something else than a model.
        StyleError: it holds presets of another style encoder, and no new ones are given.
        TrainingError: an engine does not reproduce torch, the presets' table cannot be used, or the disk is full.
    """
    state = checkpoint.load(run)
    artworks = None if presets is None else read_table(presets)
    options = DefaultTrainOptions.from_dict(state["options"])
    model = trained_model(state, DefaultModel(painter_config(options)))
    encode = EncodeStyle(load_vgg19(normalised=False), channel_means(), model.encoder).eval()
    paint = Paint(model.painter).eval()
    training = options.as_dict()
    training |= {"steps_done": state["step"], "seconds": round(state["seconds"]), "torch": torch.__version__}
    facts = {
        "name": name,
        "interface": INTERFACE,
        "code_size": options.code_size,
        "multiple": model.painter.multiple,
        "minimum": MINIMUM_SIDE,
        "halo": _halo(encode, model.painter),
        "grain": model.painter.config.grain > 0,
        "style_size": STYLE_SIZE,
        "style_side": "short",
        "licence": LICENCE,
        "training": training,
        "quality": {},
    }
    with replaced(folder) as building:
        graphs_to_onnx.write(graphs_to_onnx.export_encode_style(encode), building / ENCODE_STYLE)
        write_painter(paint, building)
        write_manifest(building, facts)
        if artworks is None:
            _keep_presets(folder, building)
        found = parity.check(building, encode, paint, _probe(192, 256, seed=0), _probe(256, 192, seed=1))
        update_manifest(building, quality={"parity": [one.as_dict() for one in found]})
        if artworks is not None:
            add_presets(artworks, building, sample)
    return found


def write_painter(paint: Paint, folder: Path) -> None:
    """Write the painter's three graphs; the weights that they share are in the first only."""
    whole = graphs_to_onnx.export_paint(paint)
    measure = graphs_to_onnx.export_measure(Measure(paint.painter).eval())
    fixed = graphs_to_onnx.export_paint_fixed(PaintFixed(paint.painter).eval())
    graphs_to_onnx.write(whole, folder / PAINT)
    graphs_to_onnx.write(graphs_to_onnx.without_shared(measure, whole), folder / MEASURE)
    graphs_to_onnx.write(graphs_to_onnx.without_shared(fixed, whole), folder / PAINT_FIXED)


def _halo(encode: EncodeStyle, painter: Painter) -> int:
    content, style = (torch.from_numpy(_probe(height, 768, seed=height)[None]) for height in (128, 256))
    with torch.no_grad():
        return measure_halo(painter, content, encode(style))


def _keep_presets(old: Path, new: Path) -> None:
    if not (old / CODES).is_file():
        return
    try:
        same = read_manifest(old).code_space == read_manifest(new).code_space
    except WeightsError:  # the old model is damaged: nobody knows what its codes mean
        same = False
    if not same:
        raise StyleError(
            f"the presets in {old} are codes of the model that is there, and mean nothing to the new one: give their "
            "artworks as presets again, or another folder"
        )
    shutil.copytree(old / PRESETS, new / PRESETS)


def _probe(height: int, width: int, *, seed: int) -> NDArray[np.uint8]:
    """A made-up picture with edges, gradients and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin((x * a + y * b) / 9) for a, b in rng.uniform(-1, 1, (3, 2))]
    picture = 127 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)
