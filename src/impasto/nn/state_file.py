"""What must be known to go on, in one file that is whole or not there: a run's checkpoint, a painting's state."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import Any

import torch

from impasto.errors import CheckpointError

__all__ = ["load_state", "save_state"]


def save_state(path: Path, state: dict[str, Any], version: int) -> None:
    """Write tensors and plain values; whatever fails meanwhile, the file before stays.

    Args:
        version: of what ``state`` holds, to be asked for by :func:`load_state`.

    Raises:
        CheckpointError: the disk is full or the folder cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        # torch streams to the file, so that nothing is in memory twice.
        torch.save({"format": version, **state}, beside)
        os.replace(beside, path)
    except (OSError, RuntimeError) as error:
        # torch's zip writer reports a full disk as a RuntimeError about positions in the file.
        reason = getattr(error, "strerror", None) or "the disk is full or the folder is gone"
        raise CheckpointError(
            f"cannot write {path}: {reason}; make room, then resume: the one before is kept"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def load_state(path: Path, version: int, kind: str) -> dict[str, Any]:
    """Read tensors and plain values only, never code.

    Args:
        kind: what errors call it, such as ``checkpoint of a run``.

    Raises:
        CheckpointError: it is missing, damaged or of another version.
    """
    if not path.is_file():
        raise CheckpointError(f"{path.parent} holds no {path.name}; give the folder that holds a {kind}")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch's own reader skips the checksums
        state: Any = torch.load(path, weights_only=True, map_location="cpu")
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:
        # zipfile and torch raise a dozen unrelated types for a damaged file.
        raise CheckpointError(f"{path} cannot be read: it is damaged or no {kind}") from error
    if damaged is not None:
        raise CheckpointError(f"{path} is damaged: the checksum of its part {damaged} is wrong")
    found = state.get("format") if isinstance(state, dict) else type(state).__name__
    if found != version or not isinstance(state, dict):
        raise CheckpointError(
            f"{path} is of the format {found!r}, expected {version}; use the version of Impasto that wrote it"
        )
    return state
