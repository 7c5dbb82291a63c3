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
        StyTr2Config(o.width, o.heads, o.encoder_layers, o.decoder_layers, o.hidden, o.decoder_width, o.dropout)
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
            "identity": o.identity_weight,
            "identity_features": o.identity_feature_weight,
            "tv": o.tv_weight,
            "range": o.range_weight,
        }

    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        o, perception = self.options, self.perception
        assert batch.style is not None
        content, style = self.arithmetic.pictures(batch.content), self.arithmetic.pictures(batch.style)
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
            with self.arithmetic.autocast():
                same = torch.cat([self.model(content, self.model.encode_style(content)), self.model(style, tokens)])
            same = same.float()
            both = {layer: torch.cat([of_content[layer], of_style[layer]]) for layer in o.style_layers}
            pixels = losses.identity_loss(same, torch.cat([content, style]))
            deep = losses.identity_feature_loss(perception.features(same, o.style_layers), both)
            # Of photo and of style, which the paper adds.
            terms["identity"], terms["identity_features"] = (summed(one.chunk(2)) for one in (pixels, deep))
        return terms

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - it is looked at
        return model(content, model.encode_style(style))
