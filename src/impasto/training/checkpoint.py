"""A run's checkpoint: everything that makes a resumed run the uninterrupted one, in one atomically replaced file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from impasto.errors import CheckpointError

FILE_NAME = "checkpoint.pt"
FORMAT = 1


def save(run: Path, state: dict[str, Any]) -> None:
    """Write ``run/checkpoint.pt``; the old one stays if the disk is full or the process dies meanwhile."""
    target, beside = run / FILE_NAME, run / (FILE_NAME + ".part")
    try:
        torch.save({"format": FORMAT, **state}, beside)
        os.replace(beside, target)
    except (OSError, RuntimeError) as error:  # torch's zip writer reports a full disk as RuntimeError
        beside.unlink(missing_ok=True)
        raise CheckpointError(
            f"cannot write {target}: {error}; free some space, the previous checkpoint is kept"
        ) from error


def load(run: Path) -> dict[str, Any]:
    """Read a run's checkpoint: tensors and plain values only, never code (``weights_only``)."""
    path = run / FILE_NAME
    if not path.exists():
        raise CheckpointError(f"{run} holds no {FILE_NAME}: give the folder of a run that has trained for a while")
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises a dozen unrelated types for a damaged file
        raise CheckpointError(f"{path} cannot be read: it is damaged or no checkpoint of ours") from error
    if state.get("format") != FORMAT:
        raise CheckpointError(f"{path} has another format: expected a checkpoint of format {FORMAT}")
    return state
