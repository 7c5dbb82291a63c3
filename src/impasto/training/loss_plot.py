"""The losses of a run as a picture, made of its table."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from impasto.errors import TrainingError
from impasto.files import write_atomically
from impasto.optimize.plot import plot_losses
from impasto.training.tracking import AFTER_TERMS, CSV_NAME

__all__ = ["PLOT_NAME", "plot_run"]

PLOT_NAME = "losses.png"
POINTS = 400  # a step's losses are those of a few pictures: their means over so many parts of the run show the course


def plot_run(run: Path) -> None:
    """Draw ``losses.csv`` into ``losses.png``: every term and the objective; nothing if no step was trained.

    Raises:
        TrainingError: the file cannot be written.
    """
    trace = _trace(run / CSV_NAME)
    if not trace:
        return
    try:
        write_atomically(run / PLOT_NAME, plot_losses(trace, run.resolve().name), overwrite=True)
    except OSError as error:
        raise TrainingError(
            f"cannot write {run / PLOT_NAME}: {error.strerror or error}; the run itself is saved"
        ) from error


def _trace(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    if not rows:
        return []
    names = [name for name in rows[0] if name != "step" and name not in AFTER_TERMS]
    values = np.array([[float(row[name] or "nan") for name in ("step", *names, "objective")] for row in rows])
    size = math.ceil(len(values) / POINTS)
    means = [values[start : start + size].mean(0) for start in range(0, len(values), size)]
    return [
        {"step": step, "terms": dict(zip(names, terms, strict=True)), "objective": objective, "scale": 0}
        for step, *terms, objective in (one.tolist() for one in means)
    ]
