"""The recipe of a one-style network: Johnson et al. 2016 (docs/models/johnson.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from impasto.errors import TrainingError
from impasto.losses import Statistics
from impasto.models.transfer_net import TransferNet
from impasto.nn.vgg import VGG19
from impasto.training.data import PictureFolder
from impasto.training.family_options import JohnsonOptions
from impasto.training.fixed_styles import FixedStyles, style_notes
from impasto.training.pairs import PairBatch
from impasto.training.style_recipe import pairs_of
from impasto.training.transfer_recipe import TransferRecipe, network_config

__all__ = ["JohnsonRecipe"]


class JohnsonRecipe(TransferRecipe[JohnsonOptions]):
    """One TransferNet, one artwork.

    Raises:
        TrainingError: there are several artworks.
    """

    name = "johnson"

    def __init__(
        self,
        options: JohnsonOptions,
        vgg: VGG19,
        content: PictureFolder,
        style: PictureFolder,
        notes: Mapping[str, Any],  # noqa: ARG002 - every recipe's
    ) -> None:
        if len(style) > 1:
            raise TrainingError(
                f"the style holds {len(style)} pictures, but johnson learns one: give its file, or train cin"
            )
        pairs = pairs_of(options, content, style, with_views=False)
        super().__init__(options, vgg, pairs, lambda: TransferNet(network_config(options, options.norm)))
        self.notes = style_notes(style)
        self._styles = FixedStyles(self.perception, style, options.style_layers, options.style_size)

    def targets(self, batch: PairBatch) -> dict[str, Statistics]:
        return self._styles[batch.styles]

    def pastiche(self, content: Tensor, batch: PairBatch) -> Tensor:  # noqa: ARG002 - there is one style
        return self.model(content)

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - as above
        return model(content)
