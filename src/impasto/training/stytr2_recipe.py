"""The recipe of StyTr²: Deng et al. 2022 (docs/models/stytr2.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from impasto import losses
from impasto.models.stytr2 import StyTr2, StyTr2Config
from impasto.nn.vgg import VGG19
from impasto.training.data import PictureFolder
from impasto.training.family_options import StyTr2Options
from impasto.training.pairs import PairBatch
from impasto.training.perception import as_targets, summed
from impasto.training.style_recipe import StyleRecipe, pairs_of

__all__ = ["StyTr2Recipe", "build_stytr2"]


def build_stytr2(options: StyTr2Options) -> StyTr2:
    """The network that these options train."""
    o = options
    return StyTr2(
        StyTr2Config(o.width, o.heads, o.encoder_layers, o.decoder_layers, o.hidden, o.decoder_width, o.dropout, o.norm)
    )


class StyTr2Recipe(StyleRecipe[StyTr2Options]):
    """Transformers and a decoder, from scratch."""

    name = "stytr2"
    model: StyTr2

    def __init__(
        self,
        options: StyTr2Options,
        vgg: VGG19,
        content: PictureFolder,
        style: PictureFolder,
        notes: Mapping[str, Any],  # noqa: ARG002 - every recipe's
    ) -> None:
        pairs = pairs_of(options, content, style, with_views=True)
        super().__init__(options, vgg, pairs, lambda: build_stytr2(options))

    @property
    def weights(self) -> Mapping[str, float]:
        o = self.options
        return {
            "content": o.content_weight,
            "style": o.style_weight,
            "identity": o.identity_weight or float(o.reconstruction_steps > 0),
            "identity_features": o.identity_feature_weight,
            "tv": o.tv_weight,
            "range": o.range_weight,
        }

    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        o, perception = self.options, self.perception
        assert batch.style is not None
        content, style = self.arithmetic.pictures(batch.content), self.arithmetic.pictures(batch.style)
        if batch.step < o.reconstruction_steps:
            return self._reconstruction(content, style)
        identity = batch.step % o.identity_every == 0 and (o.identity_weight > 0 or o.identity_feature_weight > 0)
        layers = (*o.content_layers, *o.style_layers)
        with torch.no_grad():
            of_content = perception.features(content, layers if identity else o.content_layers)
            of_style = perception.features(style, o.style_layers)
        with self.arithmetic.autocast():
            tokens = self.model.encode_style(style)
            pastiche = self.model(content, tokens).float()
        features = perception.features(pastiche, layers)
        found, wanted = as_targets(features, o.style_layers), as_targets(of_style, o.style_layers)
        nothing = content.new_zeros(len(content))
        terms = {
            "content": summed(
                losses.instance_normalised_content_loss(features[layer], of_content[layer])
                for layer in o.content_layers
            ),
            "style": summed(losses.moment_loss(found[layer], wanted[layer]) for layer in o.style_layers),
            "identity": nothing,
            "identity_features": nothing,
            "tv": losses.total_variation(pastiche),
            "range": losses.range_penalty(pastiche),
        }
        if identity:
            same, pictures = self._in_their_own_style(content, style)
            both = {layer: torch.cat([of_content[layer], of_style[layer]]) for layer in o.style_layers}
            terms["identity"] = _of_both(losses.identity_loss(same, pictures))
            deep = losses.identity_feature_loss(perception.features(same, o.style_layers), both)
            terms["identity_features"] = _of_both(deep)
        return terms

    def _reconstruction(self, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        """The terms of a step without VGG-19, whose features cost three quarters of the others."""
        same, pictures = self._in_their_own_style(content, style)
        terms = dict.fromkeys(self.weights, content.new_zeros(len(content)))
        terms["identity"] = _of_both(losses.identity_loss(same, pictures))
        terms["range"] = _of_both(losses.range_penalty(same))
        return terms

    def _in_their_own_style(self, content: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Photos painted in their own style, artworks in theirs; and the pictures that should have come back."""
        pictures = torch.cat([content, style])
        with self.arithmetic.autocast():
            same = self.model(pictures, self.model.encode_style(pictures)).float()
        return same, pictures

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - it is looked at
        return model(content, model.encode_style(style))


def _of_both(losses_of_pictures: Tensor) -> Tensor:
    """A photo's loss and its artwork's, which the paper adds."""
    return summed(losses_of_pictures.chunk(2))
