"""The recipe of a network that predicts normalisation parameters: Ghiasi et al. 2017 (docs/models/ghiasi.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from impasto.losses import Statistics
from impasto.models.ghiasi import FeaturePredictor, Ghiasi, MobilePredictor, pooled
from impasto.nn.efficientnet_lite import EfficientNetLite0
from impasto.nn.efficientnet_lite_weights import load_efficientnet_lite0
from impasto.nn.vgg import VGG19
from impasto.training.data import PictureFolder
from impasto.training.family_options import GhiasiOptions
from impasto.training.pairs import PairBatch
from impasto.training.perception import as_targets
from impasto.training.style_recipe import pairs_of
from impasto.training.transfer_recipe import TransferRecipe, network_config

__all__ = ["PREDICTOR_LAYERS", "GhiasiRecipe", "build_ghiasi"]

PREDICTOR_LAYERS = EfficientNetLite0.style_layers


def build_ghiasi(options: GhiasiOptions) -> Ghiasi:
    """The network that these options train."""
    if options.predictor == "mobilenet":
        predictor: torch.nn.Module = MobilePredictor(options.embedding, options.predictor_width)
    else:
        shape = EfficientNetLite0()
        numbers = 2 * sum(shape.channels_of(layer) for layer in PREDICTOR_LAYERS)
        predictor = FeaturePredictor(numbers, options.embedding)
    return Ghiasi(predictor, network_config(options, "conditional"), options.embedding)


class GhiasiRecipe(TransferRecipe[GhiasiOptions]):
    """A style prediction network and a TransferNet, trained together on photos and artworks."""

    name = "ghiasi"

    def __init__(
        self,
        options: GhiasiOptions,
        vgg: VGG19,
        content: PictureFolder,
        style: PictureFolder,
        notes: Mapping[str, Any],  # noqa: ARG002 - every recipe's
    ) -> None:
        pairs = pairs_of(options, content, style, with_views=True)
        super().__init__(options, vgg, pairs, lambda: build_ghiasi(options))
        self._eyes = None
        if options.predictor == "efficientnet":
            self._eyes = self.arithmetic.placed(load_efficientnet_lite0(smoothing=False))

    def targets(self, batch: PairBatch) -> dict[str, Statistics]:
        layers = self.options.style_layers
        return as_targets(self.perception.features(self._views(batch), layers), layers)

    def pastiche(self, content: Tensor, batch: PairBatch) -> Tensor:
        return self._painted(self.model, content, self._views(batch))

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - it is looked at
        return self._painted(model, content, style)

    def _painted(self, model: Any, content: Tensor, style: Tensor) -> Tensor:
        seen = style
        if self._eyes is not None:
            with torch.no_grad():
                seen = pooled(self._eyes(style, PREDICTOR_LAYERS), PREDICTOR_LAYERS)
        return model(content, model.predictor(seen))

    def _views(self, batch: PairBatch) -> Tensor:
        assert batch.style is not None
        return self.arithmetic.pictures(batch.style)
