"""The recipe of StyTr²: Deng et al. 2022 (docs/models/stytr2.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto import losses
from impasto.models.stytr2 import StyTr2, StyTr2Config
from impasto.nn.vgg import VGG19
from impasto.training.augmentation import tinted
from impasto.training.data import PictureFolder
from impasto.training.family_options import StyTr2Options
from impasto.training.pairs import PairBatch
from impasto.training.perception import as_targets, summed
from impasto.training.style_recipe import StyleRecipe, pairs_of

__all__ = ["StyTr2Recipe", "build_stytr2"]

HUES = 8.0  # times what differs from grey counts too: pictures vary in it so little that it would be learnt last
TINTS = 3  # the stream of random numbers


def build_stytr2(options: StyTr2Options) -> StyTr2:
    """The network that these options train."""
    o = options
    return StyTr2(
        StyTr2Config(o.width, o.heads, o.encoder_layers, o.decoder_layers, o.hidden, o.decoder_width, o.dropout, o.norm)
    )


@dataclass(frozen=True)
class TintedBatch(PairBatch):
    """Pairs whose pictures are to be rebuilt from tinted ones and their own style."""

    tinted_content: NDArray[np.uint8] = field(kw_only=True)
    tinted_style: NDArray[np.uint8] = field(kw_only=True)


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

    def batch(self, step: int, progress: float) -> PairBatch:
        """The pairs of a step; at first with tinted pictures, whose colours only the style can tell."""
        pairs = super().batch(step, progress)
        if step >= self.options.reconstruction_steps:
            return pairs
        assert pairs.style is not None
        rng = np.random.default_rng([self.options.seed, TINTS, step])
        content, style = (np.stack([tinted(one, rng) for one in views]) for views in (pairs.content, pairs.style))
        return TintedBatch(
            pairs.step, pairs.content, pairs.styles, pairs.style, tinted_content=content, tinted_style=style
        )

    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        o, perception = self.options, self.perception
        assert batch.style is not None
        content, style = self.arithmetic.pictures(batch.content), self.arithmetic.pictures(batch.style)
        if isinstance(batch, TintedBatch):
            shown = self.arithmetic.pictures(np.concatenate([batch.tinted_content, batch.tinted_style]))
            return self._reconstruction(shown, torch.cat([content, style]))
        identity = batch.step % o.identity_every == 0 and (o.identity_weight > 0 or o.identity_feature_weight > 0)
        layers = (*o.content_layers, *o.style_layers)
        with torch.no_grad():
            of_content = perception.features(content, layers if identity else o.content_layers)
            of_style = perception.features(style, o.style_layers)
        tokens = self._tokens(style)
        pastiche = self._painted(content, tokens)
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
            pictures = torch.cat([content, style])
            same = self._painted(pictures, torch.cat([self._tokens(content), tokens]))
            both = {layer: torch.cat([of_content[layer], of_style[layer]]) for layer in o.style_layers}
            if o.identity_weight > 0:
                terms["identity"] = _of_both(losses.identity_loss(same, pictures))
            deep = losses.identity_feature_loss(perception.features(same, o.style_layers), both)
            terms["identity_features"] = _of_both(deep)
        return terms

    def _reconstruction(self, shown: Tensor, pictures: Tensor) -> dict[str, Tensor]:
        """The terms of a step without VGG-19, whose features are half of what the others cost, or more."""
        same = self._painted(shown, self._tokens(pictures))
        terms = dict.fromkeys(self.weights, pictures.new_zeros(len(pictures) // 2))
        hues = losses.identity_loss(same - same.mean(1, keepdim=True), pictures - pictures.mean(1, keepdim=True))
        terms["identity"] = _of_both(losses.identity_loss(same, pictures) + HUES * hues)
        terms["range"] = _of_both(losses.range_penalty(same))
        return terms

    def _tokens(self, style: Tensor) -> Tensor:
        with self.arithmetic.autocast():
            return self.model.encode_style(style)

    def _painted(self, content: Tensor, tokens: Tensor) -> Tensor:
        with self.arithmetic.autocast():
            return self.model(content, tokens).float()

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - it is looked at
        return model(content, model.encode_style(style))


def _of_both(losses_of_pictures: Tensor) -> Tensor:
    """A photo's loss and its artwork's, which the paper adds."""
    return summed(losses_of_pictures.chunk(2))
