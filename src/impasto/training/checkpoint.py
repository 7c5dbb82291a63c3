"""A run's checkpoint: everything that makes a resumed run the uninterrupted one, in one atomically replaced file."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.errors import CheckpointError

FILE_NAME = "checkpoint.pt"
FORMAT = 1


def save(run: Path, state: dict[str, Any]) -> None:
    """Write ``run/checkpoint.pt``; whatever fails meanwhile, the old one stays.

    Raises:
        CheckpointError: the disk is full or the folder cannot be written.
    """
    target, beside = run / FILE_NAME, run / (FILE_NAME + ".part")
    try:
        # torch streams to the file, so that a network is never in memory twice.
        torch.save({"format": FORMAT, **state}, beside)
        os.replace(beside, target)
    except (OSError, RuntimeError) as error:
        # torch's zip writer reports a full disk as a RuntimeError about positions in the file.
        reason = getattr(error, "strerror", None) or "the disk is full or the folder is gone"
        raise CheckpointError(
            f"cannot write {target}: {reason}; make room, then resume: the checkpoint before is untouched"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def load(run: Path) -> dict[str, Any]:
    """Read a run's checkpoint: tensors and plain values only, never code (``weights_only``).

    Raises:
        CheckpointError: there is none, or it is damaged or of another format.
    """
    path = run / FILE_NAME
    if not path.is_file():
        raise CheckpointError(f"{run} holds no {FILE_NAME}; give the folder of a run that has trained for a while")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch's own reader skips the checksums
        state: Any = torch.load(path, weights_only=True, map_location="cpu")
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:
        # zipfile and torch raise a dozen unrelated types for a damaged file.
        raise CheckpointError(f"{path} cannot be read: it is damaged or no checkpoint of a run") from error
    if damaged is not None:
        raise CheckpointError(f"{path} is damaged: the checksum of its part {damaged} is wrong")
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = state.get("format") if isinstance(state, dict) else type(state).__name__
        raise CheckpointError(
            f"{path} is of the format {found!r}, expected {FORMAT}; use the version of Impasto that wrote it"
        )
    return state


def family_of(state: dict[str, Any]) -> str:
    """The family of the run whose checkpoint this is; older ones, which do not say it, are of the default model."""
    return str(state.get("recipe", "default"))


def trained_weights(state: dict[str, Any]) -> dict[str, Tensor]:
    """What a run has learnt: the averaged weights that were best on its validation photos, or else the last."""
    best: dict[str, Tensor] = state["best"]["weights"] if "best" in state else {}
    average: dict[str, Tensor] = state["average"]
    return best or average
