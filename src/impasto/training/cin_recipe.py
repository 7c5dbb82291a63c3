"""The recipe of one network for N styles: Dumoulin et al. 2017 (docs/models/cin.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import TrainingError
from impasto.losses import Statistics
from impasto.models.style_bank import StyleBank
from impasto.nn.vgg import VGG19
from impasto.training.data import PictureFolder
from impasto.training.family_options import CinOptions
from impasto.training.fixed_styles import FixedStyles, style_names, style_notes
from impasto.training.pairs import PairBatch
from impasto.training.style_recipe import pairs_of
from impasto.training.transfer_recipe import TransferRecipe, network_config

__all__ = ["CinRecipe", "notes_for_more"]


def notes_for_more(notes: Mapping[str, Any]) -> dict[str, Any]:
    """Of a trained run's notes those with which a run begins that adds styles to it."""
    return {"fixed": len(notes["styles"]), "known": list(notes["styles"]), "known_colors": list(notes["colors"])}


class CinRecipe(TransferRecipe[CinOptions]):
    """One TransferNet whose scales and shifts are learnt for each artwork.

    Args:
        notes: of the checkpoint that is resumed, or :func:`notes_for_more` of the run whose network is fixed.

    Raises:
        TrainingError: the artworks are not those of the run.
    """

    name = "cin"

    def __init__(
        self,
        options: CinOptions,
        vgg: VGG19,
        content: PictureFolder,
        style: PictureFolder,
        notes: Mapping[str, Any],
    ) -> None:
        known: list[str] = notes.get("known", [])
        if "styles" in notes and notes["styles"][len(known) :] != style_names(style, known):
            raise TrainingError(
                f"the artworks are {', '.join(style_names(style, known))}, but the run learns "
                f"{', '.join(notes['styles'][len(known) :])}: give the folder with which it began"
            )
        self._fixed = len(known)
        self._styles_count = len(known) + len(style)
        pairs = pairs_of(options, content, style, with_views=False)
        config = network_config(options, "conditional")
        super().__init__(options, vgg, pairs, lambda: StyleBank(config, len(style), len(known)))
        new = style_notes(style, known)
        self.notes = {
            **{key: notes[key] for key in ("fixed", "known", "known_colors") if key in notes},
            "styles": [*known, *new["styles"]],
            "colors": [*notes.get("known_colors", []), *new["colors"]],
        }
        self._styles = FixedStyles(self.perception, style, options.style_layers, options.style_size)

    def targets(self, batch: PairBatch) -> dict[str, Statistics]:
        return self._styles[batch.styles]

    def pastiche(self, content: Tensor, batch: PairBatch) -> Tensor:
        return self.model(content, self._shares(batch.styles))

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - it is known
        return model(content, self._shares(np.array([index])))

    def _shares(self, styles: NDArray[np.int64]) -> Tensor:
        return F.one_hot(self.arithmetic.array(styles + self._fixed), self._styles_count).float()
