"""A trained run to which styles are added: its network is fixed, only the new styles' scales and shifts are learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from impasto.errors import CheckpointError, UsageError
from impasto.models.style_bank import with_more_styles
from impasto.training import checkpoint
from impasto.training.cin_recipe import notes_for_more
from impasto.training.families import name_of
from impasto.training.family_options import CinOptions
from impasto.training.loop_options import LoopOptions

__all__ = ["Base"]

NETWORK = ("width", "blocks", "upsampling", "padding", "output")


@dataclass(frozen=True)
class Base:
    """What a new run of ``cin`` takes from another: the sizes of the network, its styles, its weights."""

    options: CinOptions
    notes: Mapping[str, Any]
    _average: Mapping[str, Tensor]

    @classmethod
    def load(cls, run: Path, options: LoopOptions) -> Base:
        """Read the run whose styles are to become more.

        Raises:
            UsageError: the new run is not of ``cin``.
            CheckpointError: the old one has no checkpoint, or is not of ``cin``.
        """
        if not isinstance(options, CinOptions):
            raise UsageError(f"{name_of(options)} cannot add styles to another run: train cin, or leave out the base")
        state = checkpoint.load(run)
        if checkpoint.family_of(state) != "cin":
            raise CheckpointError(f"{run} is a run of {checkpoint.family_of(state)}: styles can be added to one of cin")
        network = {name: state["options"][name] for name in NETWORK}
        return cls(replace(options, **network), notes_for_more(state["notes"]), checkpoint.trained_weights(state))

    def weights(self, styles: int) -> dict[str, Tensor]:
        """The weights with which a network of so many more styles begins."""
        return with_more_styles(self._average, styles)
