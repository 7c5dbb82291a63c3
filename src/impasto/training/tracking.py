"""What a run leaves for people to look at: TensorBoard's scalars and previews, and a CSV of every step's losses."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import TrainingError
from impasto.files import write_atomically
from impasto.training.loop import Step

if TYPE_CHECKING:
    from typing_extensions import Self

CSV_NAME = "losses.csv"
PREVIEWS = "previews"
AFTER_TERMS = ("objective", "gradient_norm", "learning_rate", "validation", "seconds")
"""The columns after those of the terms."""


class Tracker:
    """Writes every step to ``losses.csv`` and TensorBoard; a context manager.

    Args:
        run: the run's folder.
        terms: names of the loss terms.
        done: steps that the run's checkpoint has done. What a killed run wrote of later ones is dropped.

    Raises:
        TrainingError: the folder cannot be written, or the disk is full; :meth:`add` and :meth:`add_preview` too.
    """

    def __init__(self, run: Path, terms: Iterable[str], done: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and needed by training alone

        self._path = run / CSV_NAME
        self._previews = run / PREVIEWS
        columns = ("step", *terms, *AFTER_TERMS)
        try:
            write_atomically(self._path, _table(columns, _rows(self._path, done)).encode(), overwrite=True)
            self._file = self._path.open("a", newline="", encoding="utf-8")
            self._board = SummaryWriter(str(run), purge_step=done + 1)
        except OSError as error:
            raise self._failed(error) from error
        self._csv = csv.DictWriter(self._file, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for writer in (self._file, self._board):
            # Every row has been flushed already: what fails here is a full disk, of which add() has told.
            with contextlib.suppress(OSError):
                writer.close()

    def add(self, step: Step) -> None:
        """Take one step's values."""
        row = {
            **step.terms,
            "objective": step.objective,
            "gradient_norm": step.gradient_norm,
            "learning_rate": step.learning_rate,
            **({} if step.validation is None else {"validation": step.validation}),
            "seconds": step.seconds,
        }
        try:
            self._csv.writerow({"step": step.number, **{name: f"{value:.6g}" for name, value in row.items()}})
            self._file.flush()
            for name, value in row.items():
                self._board.add_scalar(name, value, step.number)
        except OSError as error:
            raise self._failed(error) from error

    def add_preview(self, step: int, sheet: NDArray[np.uint8]) -> None:
        """Show a contact sheet (uint8 h×w×3), and keep it as ``previews/STEP.jpg``."""
        try:
            self._board.add_image("preview", sheet, step, dataformats="HWC")
            self._previews.mkdir(exist_ok=True)
            picture = io.BytesIO()
            Image.fromarray(sheet).save(picture, "JPEG", quality=90)
            write_atomically(self._previews / f"{step:06}.jpg", picture.getvalue(), overwrite=True)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> TrainingError:
        return TrainingError(f"cannot write to {self._path.parent}: {error.strerror or error}; make room, then resume")


def _rows(path: Path, done: int) -> list[dict[str, str]]:
    """The whole rows of a CSV up to a step; none if there is no file."""
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as opened:
            rows = list(csv.DictReader(opened))
    except FileNotFoundError:
        return []
    whole = (row for row in rows if None not in row.values() and (row.get("step") or "").isdecimal())
    return [row for row in whole if int(row["step"]) <= done]


def _table(columns: tuple[str, ...], rows: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
