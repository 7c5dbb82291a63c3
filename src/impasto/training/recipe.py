"""What the loop needs to know of a model and its losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.training.loop_options import LoopOptions

__all__ = ["Recipe"]

BatchT = TypeVar("BatchT")


class Recipe(Protocol[BatchT]):
    """Says what is trained, on what, and by which losses; the loop does the rest."""

    @property
    def name(self) -> str:
        """The family, as ``impasto train`` names it."""

    @property
    def options(self) -> LoopOptions:
        """How the run is trained."""

    @property
    def model(self) -> nn.Module:
        """What is trained."""

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each named loss term."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """Plain values that a checkpoint keeps for resuming and for the export, such as the names of the styles."""

    def prepare(self) -> None:
        """Whatever a new run measures before its first step and keeps in the model's buffers."""

    def batch(self, step: int, progress: float) -> BatchT:
        """The data of a step, a pure function of the seed, the step and the part of the training that is done."""

    def terms(self, batch: BatchT) -> dict[str, Tensor]:
        """The named loss terms, scalars, before weights."""

    def preview(self, weights: Mapping[str, Tensor]) -> NDArray[np.uint8]:
        """A contact sheet of fixed pairs painted with the given weights, uint8 h×w×3."""
