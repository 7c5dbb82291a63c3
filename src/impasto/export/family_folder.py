"""A model's folder of one of the literature's systems: interface 2 of :mod:`impasto.weights.manifest`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from impasto.export import onnx as graphs_to_onnx
from impasto.export import parity
from impasto.export.family_models import Exported, exported
from impasto.export.folder import replaced, update_manifest, write_manifest
from impasto.export.int8 import add_int8
from impasto.export.presets import (
    Artwork,
    add_presets,
    add_thumbnails,
    keep_presets,
    read_table,
    write_presets,
)
from impasto.export.probe import probe
from impasto.inference.speed import paint_milliseconds
from impasto.inference.stylizer import Stylizer
from impasto.training.checkpoint import family_of
from impasto.weights.manifest import ENCODE_STYLE, FAMILY_INTERFACE, PAINT

__all__ = ["export_family"]

MINIMUM_SIDE = 64


def export_family(
    state: dict[str, Any],
    folder: Path,
    *,
    name: str,
    presets: Path | None,
    sample: Path | None,
    int8: Path | None = None,
) -> list[parity.Parity]:
    """:func:`~impasto.export.model_folder.export_run` for a checkpoint of any family but the default.

    A family whose networks learn their styles by heart has those as its presets, whose names are the artworks' files';
    ``presets`` then only tells their titles.
    """
    artworks = None if presets is None else read_table(presets)
    model = exported(state)
    notes = state["notes"]
    facts = {
        "name": name,
        "interface": FAMILY_INTERFACE,
        "family": family_of(state),
        **model.facts(),
        "minimum": MINIMUM_SIDE,
        "training": {
            **state["options"],
            "steps_done": state["step"],
            "seconds": round(state["seconds"]),
            "torch": torch.__version__,
        },
        "quality": {},
    }
    with replaced(folder) as building:
        _write_graphs(model, building)
        write_manifest(building, facts)
        code = None
        if "styles" in notes:
            write_presets(_titled(notes, artworks), _codes(notes, model.code_size), building)
            code = np.eye(1, model.code_size, dtype=np.float32) if model.inputs else None
        elif artworks is None:
            keep_presets(folder, building)
        content, style = probe(192, 256, seed=0), probe(model.style_size, model.style_size, seed=1)
        found = parity.check_family(building, model.encode, model.paint, content=content, style=style, code=code)
        quality = {"parity": [one.as_dict() for one in found], "speed": paint_milliseconds(Stylizer.load(building))}
        update_manifest(building, quality=quality)
        if "styles" in notes:
            add_thumbnails(building, sample)
        elif artworks is not None:
            add_presets(artworks, building, sample)
        if int8 is not None:
            add_int8(building, int8)
    return found


def _write_graphs(model: Exported, folder: Path) -> None:
    picture = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    if model.encode is not None:
        fixed = model.style_side == "square"
        side = model.style_size if fixed else 64
        style = torch.zeros(1, side, side, 3, dtype=torch.uint8)
        graph = graphs_to_onnx.export_graph(model.encode, {"style": style}, "code", () if fixed else ("style",))
        graphs_to_onnx.write(graph, folder / ENCODE_STYLE)
    inputs = {"content": picture}
    if "code" in model.inputs:
        inputs["code"] = torch.zeros(1, model.code_size)
    graph = graphs_to_onnx.export_graph(model.paint, inputs, "pastiche", ("content", "pastiche"))
    graphs_to_onnx.write(graph, folder / PAINT)


def _codes(notes: Mapping[str, Any], size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Codes of the styles that a network knows: all of one, nothing of the others; and each one's colours."""
    return np.hstack([np.eye(size), np.array(notes["colors"])]).astype(np.float32)


def _titled(notes: Mapping[str, Any], artworks: list[Artwork] | None) -> list[Artwork]:
    known = {artwork.name: artwork for artwork in artworks or ()}
    untitled = (Artwork(Path(), name, name.replace("-", " ").title(), "", "") for name in notes["styles"])
    return [known.get(one.name, one) for one in untitled]
