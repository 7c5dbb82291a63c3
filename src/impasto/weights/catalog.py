"""The models one can name, and how a name or a folder becomes a model.

A model's folder is described in :mod:`impasto.weights.manifest`, its presets in :mod:`impasto.weights.presets`.
"""

from __future__ import annotations

import os
from pathlib import Path

from impasto.errors import UnknownName
from impasto.weights.manifest import Manifest, read_manifest

__all__ = ["MODELS", "find_model"]

MODELS = {name: Path(__file__).parent / name for name in ("default", "cin", "johnson")}


def find_model(model: str | os.PathLike[str]) -> Manifest:
    """The model of that name, or the one in that folder.

    Args:
        model: a name in :data:`MODELS`, or the path of a model's folder; a name wins over a folder of the same name.

    Raises:
        UnknownName: it is neither.
        WeightsError: the folder's files are missing or damaged.
    """
    name = os.fspath(model)
    if name in MODELS:
        return read_manifest(MODELS[name])
    if Path(name).is_dir():
        return read_manifest(Path(name))
    raise UnknownName("model", name, MODELS, "run 'impasto models' to list them, or give a model's folder")
