"""What a run leaves for people to look at: TensorBoard scalars and previews, and a CSV of every loss."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.training.loop import Step

if TYPE_CHECKING:
    from typing_extensions import Self

CSV_NAME = "losses.csv"
AVERAGED_STEPS = 25


class Tracker:
    """Writes the mean of every 25 steps to ``losses.csv`` and TensorBoard; a context manager."""

    def __init__(self, run: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and needed by training alone

        self._board = SummaryWriter(str(run))
        self._csv = (run / CSV_NAME).open("a", newline="", encoding="utf-8")
        self._kept: list[Step] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._csv.close()
        self._board.close()

    def add(self, step: Step) -> None:
        """Take one step's values."""
        self._kept.append(step)
        if len(self._kept) < AVERAGED_STEPS:
            return
        row = {name: float(np.mean([one.terms[name] for one in self._kept])) for name in step.terms}
        row["objective"] = float(np.mean([one.objective for one in self._kept]))
        row["gradient_norm"] = float(np.mean([one.gradient_norm for one in self._kept]))
        row["learning_rate"] = step.learning_rate
        row["steps_per_second"] = len(self._kept) / sum(one.seconds for one in self._kept)
        writer = csv.DictWriter(self._csv, ["step", *row])
        if self._csv.tell() == 0:
            writer.writeheader()
        writer.writerow({"step": step.number, **{name: f"{value:.6g}" for name, value in row.items()}})
        self._csv.flush()
        for name, value in row.items():
            self._board.add_scalar(name, value, step.number)
        self._kept.clear()

    def add_preview(self, step: int, sheet: NDArray[np.uint8]) -> None:
        """Show a contact sheet (uint8 h×w×3)."""
        self._board.add_image("preview", sheet, step, dataformats="HWC")
