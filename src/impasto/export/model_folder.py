"""From a training run to a folder that ``Stylizer`` loads: graphs and a manifest."""

from __future__ import annotations

from pathlib import Path

import torch

from impasto.export import onnx as graphs_to_onnx
from impasto.export import parity
from impasto.export.family_folder import export_family
from impasto.export.folder import replaced, update_manifest, write_manifest
from impasto.export.graphs import EncodeStyle, Measure, Paint, PaintFixed
from impasto.export.int8 import add_int8
from impasto.export.presets import add_presets, keep_presets, read_table
from impasto.export.probe import probe
from impasto.export.reach import measure_halo
from impasto.models.painter import Painter
from impasto.nn.vgg_weights import channel_means, load_vgg19
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.default_recipe import DefaultModel, painter_config
from impasto.training.loop import trained_model
from impasto.weights.manifest import ENCODE_STYLE, INTERFACE, MEASURE, PAINT, PAINT_FIXED

MINIMUM_SIDE = 64
STYLE_SIZE = 512  # looked at smaller, styles come out finer than they are (docs/default-model-history.md)
LICENCE = "Apache-2.0; encode_style.onnx contains VGG-19 (Simonyan & Zisserman, CC BY 4.0)"


def export_run(
    run: Path,
    folder: Path,
    *,
    name: str = "default",
    presets: Path | None = None,
    sample: Path | None = None,
    int8: Path | None = None,
) -> list[parity.Parity]:
    """Export what a run has learnt to ``folder`` and check it on every installed engine.

    A model in that place is replaced when the new one is whole. Its presets are kept if they mean the same to the new
    one, that is if both have the same style encoder.

    Args:
        name: what people call the model.
        presets, sample: artworks to add as presets and the photo of their thumbnails, as for
            :func:`~impasto.export.presets.export_presets`.
        int8: photos for a painter with 8-bit integers, as for :func:`~impasto.export.int8.add_int8`.

    Raises:
        CheckpointError: the run has no readable checkpoint.
        OutputExists: the folder is not empty and holds no model.
        StyleError: it holds presets of another style encoder, and no new ones are given.
        TrainingError: an engine does not reproduce torch, the presets' table cannot be used, or the disk is full.
    """
    state = checkpoint.load(run)
    if checkpoint.family_of(state) != "default":
        return export_family(state, folder, name=name, presets=presets, sample=sample, int8=int8)
    artworks = None if presets is None else read_table(presets)
    options = DefaultTrainOptions.from_dict(state["options"])
    model = trained_model(state, DefaultModel(painter_config(options)))
    encode = style_encoder(model)
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
            keep_presets(folder, building)
        found = parity.check(building, encode, paint, probe(192, 256, seed=0), probe(256, 192, seed=1))
        update_manifest(building, quality={"parity": [one.as_dict() for one in found]})
        if artworks is not None:
            add_presets(artworks, building, sample)
        if int8 is not None:
            add_int8(building, int8)
    return found


def style_encoder(model: DefaultModel) -> EncodeStyle:
    """The style encoder as it is exported: its largest matrix in 256 values, which takes a megabyte off the wheel."""
    with torch.no_grad():
        largest = next(model.encoder.parameters())
        largest.copy_(graphs_to_onnx.in_256_values(largest))
    return EncodeStyle(load_vgg19(normalised=False), channel_means(), model.encoder).eval()


def write_painter(paint: Paint, folder: Path) -> None:
    """Write the painter's three graphs; the weights that they share are in the first only."""
    whole = graphs_to_onnx.export_paint(paint)
    measure = graphs_to_onnx.export_measure(Measure(paint.painter).eval())
    fixed = graphs_to_onnx.export_paint_fixed(PaintFixed(paint.painter).eval())
    graphs_to_onnx.write(whole, folder / PAINT)
    graphs_to_onnx.write(graphs_to_onnx.without_shared(measure, whole), folder / MEASURE)
    graphs_to_onnx.write(graphs_to_onnx.without_shared(fixed, whole), folder / PAINT_FIXED)


def _halo(encode: EncodeStyle, painter: Painter) -> int:
    content, style = (torch.from_numpy(probe(height, 768, seed=height)[None]) for height in (128, 256))
    with torch.no_grad():
        return measure_halo(painter, content, encode(style))
