"""A run's checkpoint: everything that makes a resumed run the uninterrupted one, in one atomically replaced file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from impasto.nn.state_file import load_state, save_state

FILE_NAME = "checkpoint.pt"
FORMAT = 1


def save(run: Path, state: dict[str, Any]) -> None:
    """Write ``run/checkpoint.pt``; see :func:`impasto.nn.state_file.save_state`."""
    save_state(run / FILE_NAME, state, FORMAT)


def load(run: Path) -> dict[str, Any]:
    """Read a run's checkpoint; see :func:`impasto.nn.state_file.load_state`."""
    return load_state(run / FILE_NAME, FORMAT, "checkpoint of a run")


def family_of(state: dict[str, Any]) -> str:
    """The family of the run whose checkpoint this is; older ones, which do not say it, are of the default model."""
    return str(state.get("recipe", "default"))


def trained_weights(state: dict[str, Any]) -> dict[str, Tensor]:
    """What a run has learnt: the averaged weights that were best on its validation photos, or else the last."""
    best: dict[str, Tensor] = state["best"]["weights"] if "best" in state else {}
    average: dict[str, Tensor] = state["average"]
    return best or average
