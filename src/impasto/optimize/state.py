"""A painting's state in a file, so that it can go on after a pause exactly as if there had been none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from impasto.errors import CheckpointError
from impasto.nn import state_file

__all__ = ["FILE_NAME", "load_state", "save_state"]

FILE_NAME = "painting.pt"
FORMAT = 1


def save_state(run: Path, state: dict[str, Any]) -> None:
    """Write ``run/painting.pt``; the folder is made if it is missing. See :func:`impasto.nn.state_file.save_state`.

    Raises:
        CheckpointError: the disk is full or the folder cannot be written.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"cannot make the folder {run}: {error.strerror or error}") from error
    state_file.save_state(run / FILE_NAME, state, FORMAT)


def load_state(run: Path) -> dict[str, Any]:
    """Read a painting's state; see :func:`impasto.nn.state_file.load_state`."""
    return state_file.load_state(run / FILE_NAME, FORMAT, "painting that was begun with --run")
