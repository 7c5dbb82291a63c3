"""The losses of Johnson's network and of those built on it: content, moments, Gram matrices, smoothness, range."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor

from impasto import losses
from impasto.losses import Statistics
from impasto.models.transfer_net import TransferNetConfig
from impasto.training.family_options import TransferNetOptions
from impasto.training.pairs import PairBatch
from impasto.training.perception import as_targets, summed
from impasto.training.style_recipe import StyleRecipe

__all__ = ["TransferRecipe", "network_config"]

OptionsT = TypeVar("OptionsT", bound=TransferNetOptions)


def network_config(options: TransferNetOptions, norm: str) -> TransferNetConfig:
    """The TransferNet that these options train."""
    o = options
    return TransferNetConfig(o.width, o.blocks, norm, o.upsampling, o.padding, o.output)


class TransferRecipe(StyleRecipe[OptionsT]):
    """A TransferNet against a style's moments and Gram matrices."""

    @property
    def weights(self) -> Mapping[str, float]:
        o = self.options
        return {
            "content": o.content_weight,
            "style": o.style_weight,
            "gram": o.gram_weight,
            "tv": o.tv_weight,
            "range": o.range_weight,
        }

    @abstractmethod
    def pastiche(self, content: Tensor, batch: PairBatch) -> Tensor:
        """Paint the batch's photos (b 3 h w)."""

    @abstractmethod
    def targets(self, batch: PairBatch) -> dict[str, Statistics]:
        """The statistics of the batch's styles at the style layers."""

    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        o, perception = self.options, self.perception
        content = self.arithmetic.pictures(batch.content)
        with torch.no_grad():
            wanted = perception.features(content, o.content_layers)
            style = self.targets(batch)
        with self.arithmetic.autocast():
            pastiche = self.pastiche(content, batch)
        pastiche = pastiche.float()
        features = perception.features(pastiche, (*o.content_layers, *o.style_layers))
        found = as_targets(features, o.style_layers)
        return {
            "content": summed(losses.content_loss(features[layer], wanted[layer]) for layer in o.content_layers),
            "style": summed(losses.moment_loss(found[layer], style[layer]) for layer in o.style_layers),
            "gram": summed(losses.relative_gram_loss(found[layer], style[layer]) for layer in o.style_layers),
            "tv": losses.total_variation(pastiche),
            "range": losses.range_penalty(pastiche),
        }
