"""Writing a model's folder (see :mod:`impasto.weights.manifest`): as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from impasto.errors import OutputExists, TrainingError
from impasto.files import write_atomically
from impasto.weights.manifest import ENCODE_STYLE, MANIFEST, MEASURE, PAINT, PAINT_FIXED, PAINT_INT8
from impasto.weights.presets import CODES, LEARNT

PRESETS = "presets"
IR = "openvino"
GRAPHS = (ENCODE_STYLE, PAINT, MEASURE, PAINT_FIXED, PAINT_INT8)
MODEL_FILES = (*GRAPHS, CODES)


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Build a model's folder beside its place: it gets there when the block ends, and is removed if the block raises.

    So a model that was there paints until its successor is whole. Other files in the folder, a README say, stay there.

    Raises:
        OutputExists: what is in that place is no model.
        TrainingError: the place cannot be written, or the disk is full.
    """
    target = folder.resolve()  # a link to the folder goes on pointing there
    if target.exists() and not (target / MANIFEST).is_file() and not (target.is_dir() and not any(target.iterdir())):
        raise OutputExists(f"{folder} is no model folder; name a new or an empty folder")
    building = target.with_name(f".impasto-{uuid.uuid4().hex[:12]}.part")
    try:
        building.mkdir(parents=True)
        yield building
        _swap(building, target)
    except OSError as error:
        raise TrainingError(f"cannot write the model {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _swap(building: Path, target: Path) -> None:
    old = building.with_suffix(".old")
    if target.exists():
        target.rename(old)
    try:
        building.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    if old.exists():
        for other in old.iterdir():
            if other.name not in (MANIFEST, *GRAPHS, PRESETS, IR):
                other.rename(target / other.name)
        shutil.rmtree(old, ignore_errors=True)


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``manifest.json`` with the sizes and sha256 of the files that are in the folder."""
    learnt = sorted(f"{LEARNT}/{path.name}" for path in (folder / LEARNT).glob("*.npz"))
    files = {name: _entry(folder / name) for name in (*MODEL_FILES, *learnt) if (folder / name).is_file()}
    text = json.dumps({**facts, "files": files}, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / MANIFEST, text.encode(), overwrite=True)


def update_manifest(folder: Path, *, quality: Mapping[str, Any] | None = None) -> None:
    """Refresh the files' entries and add to ``quality``."""
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    facts["quality"] |= quality or {}
    write_manifest(folder, facts)


def _entry(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
