"""A painting's state in a file, so that it can go on after a pause exactly as if there had been none."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import Any

import torch

from impasto.errors import CheckpointError

__all__ = ["FILE_NAME", "load_state", "save_state"]

FILE_NAME = "painting.pt"
FORMAT = 1


def save_state(run: Path, state: dict[str, Any]) -> None:
    """Write ``run/painting.pt`` whole or not at all; the folder is made if it is missing.

    Raises:
        CheckpointError: the disk is full or the folder cannot be written.
    """
    target = run / FILE_NAME
    beside = run / (FILE_NAME + ".part")
    try:
        run.mkdir(parents=True, exist_ok=True)
        torch.save({"format": FORMAT, **state}, beside)  # streamed: at 2048² a state has up to a gigabyte
        os.replace(beside, target)
    except (OSError, RuntimeError) as error:
        # torch's zip writer reports a full disk as a RuntimeError about positions in the file.
        reason = getattr(error, "strerror", None) or "the disk is full or the folder is gone"
        raise CheckpointError(f"cannot write {target}: {reason}; make room, then resume") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def load_state(run: Path) -> dict[str, Any]:
    """Read a run's state: tensors and plain values only, never code.

    Raises:
        CheckpointError: there is none, or it is damaged or of another format.
    """
    path = run / FILE_NAME
    if not path.is_file():
        raise CheckpointError(f"{run} holds no {FILE_NAME}; give the folder of a painting that was begun with --run")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch's own reader skips the checksums
        state: Any = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:
        # zipfile and torch raise a dozen unrelated types for a damaged file.
        raise CheckpointError(f"{path} cannot be read: it is damaged or no state of a painting") from error
    if damaged is not None or not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is damaged or was written by another version of Impasto; begin a new run")
    return state
