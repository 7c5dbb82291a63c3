"""The recipe of AdaIN: Huang & Belongie 2017 (docs/models/adain.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto import losses
from impasto.models.adain import ENCODED, AdaIN, code_of
from impasto.nn.vgg import VGG19
from impasto.training.data import PictureFolder, middle
from impasto.training.family_options import AdaINOptions
from impasto.training.pairs import PairBatch
from impasto.training.perception import as_targets, summed
from impasto.training.style_recipe import StyleRecipe, pairs_of

__all__ = ["AdaINRecipe", "build_adain"]

RECONSTRUCTION_WEIGHT = 100.0  # of squared pixel differences while nothing else but features counts
MEASURED = 32  # pictures by which an encoder's batch normalisations begin


def build_adain(options: AdaINOptions) -> AdaIN:
    """The network that these options train."""
    return AdaIN(options.depths, options.width, batch_norm=options.encoder_norm == "batch")


class AdaINRecipe(StyleRecipe[AdaINOptions]):
    """A decoder for features whose statistics were exchanged."""

    name = "adain"
    model: AdaIN

    def __init__(
        self,
        options: AdaINOptions,
        vgg: VGG19,
        content: PictureFolder,
        style: PictureFolder,
        notes: Mapping[str, Any],  # noqa: ARG002 - every recipe's
    ) -> None:
        pairs = pairs_of(options, content, style, with_views=True)
        super().__init__(options, vgg, pairs, lambda: build_adain(options))

    @property
    def weights(self) -> Mapping[str, float]:
        o = self.options
        return {
            "content": o.content_weight,
            "style": o.style_weight,
            "identity": o.identity_weight or RECONSTRUCTION_WEIGHT * (o.reconstruction_steps > 0),
            "identity_features": o.identity_feature_weight,
            "tv": o.tv_weight,
            "range": o.range_weight,
        }

    def prepare(self) -> None:
        """Let an encoder's batch normalisations begin as the identity over training photos."""
        if self.model.encoder is not None:
            pictures = self.pairs.content.pictures[:MEASURED]
            photos = self.arithmetic.pictures(np.stack([middle(pixels, self.options.crop) for pixels in pictures]))
            self.model.encoder.standardise(self.perception.vgg, photos.to(self.arithmetic.type))

    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        o, perception = self.options, self.perception
        assert batch.style is not None
        content, style = self.arithmetic.pictures(batch.content), self.arithmetic.pictures(batch.style)
        reconstructing = batch.step < o.reconstruction_steps
        identity = reconstructing or o.identity_weight > 0 or o.identity_feature_weight > 0
        seen = self._encode(self.model, content)
        shown = seen if reconstructing else self._encode(self.model, style, o.style_layers)
        with self.arithmetic.autocast():
            code = code_of(shown, self.model.depths)
            exchanged = self.model.exchange(seen[ENCODED], code)
            pastiche = self.model.decode(exchanged, code).float()
            again = pastiche
            if identity and not reconstructing:
                again = self.model.decode(seen[ENCODED], code_of(seen, self.model.depths)).float()
        features = perception.features(pastiche, (ENCODED, *o.style_layers))
        nothing = content.new_zeros(len(content))
        terms = {
            "content": losses.content_loss(features[ENCODED], exchanged.detach()),
            "style": nothing,
            "identity": losses.identity_loss(again, content) if reconstructing or o.identity_weight > 0 else nothing,
            "identity_features": nothing,
            "tv": losses.total_variation(pastiche),
            "range": losses.range_penalty(pastiche),
        }
        if not reconstructing:
            terms["style"] = self._style_loss(features, shown, style)
        if identity and o.identity_feature_weight > 0:
            of_again = features if reconstructing else perception.features(again, o.style_layers)
            with torch.no_grad():
                wanted = perception.features(content, o.style_layers)
            terms["identity_features"] = losses.identity_feature_loss(of_again, wanted)
        return terms

    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:  # noqa: ARG002 - it is looked at
        return self.paint_between(model, content, style, 1.0)

    def paint_between(self, model: Any, content: Tensor, style: Tensor, share: float) -> Tensor:
        """Paint with a code of which the style has a share and the photo's own the rest: equation 14."""
        features = self._encode(model, content)
        code = code_of(self._encode(model, style), model.depths)
        if share < 1:
            code = torch.lerp(code_of(features, model.depths), code, share)
        return model(features[ENCODED].float(), code)

    def _encode(self, model: AdaIN, pictures: Tensor, also: Sequence[str] = ()) -> dict[str, Tensor]:
        """Features at the code's depths; an encoder without batch normalisation gives those of other layers too."""
        if model.encoder is None:
            with torch.no_grad():
                return self.perception.features(pictures, (*model.depths, *also))
        with self.arithmetic.autocast():
            return model.encoder(self.perception.vgg, pictures.to(self.arithmetic.type), model.depths)

    def _style_loss(self, features: dict[str, Tensor], shown: dict[str, Tensor], style: Tensor) -> Tensor:
        o = self.options
        with torch.no_grad():
            of_style = shown if self.model.encoder is None else self.perception.features(style, o.style_layers)
            wanted = as_targets(of_style, o.style_layers)
        found = as_targets(features, o.style_layers)
        rooted, over_all = o.style_distance == "rooted", o.style_maps == "sum"
        return summed(
            losses.moment_distance(found[layer], wanted[layer], rooted=rooted, summed=over_all)
            for layer in o.style_layers
        )
