"""Content and style seen at two scales by one loss network: fine layers at full size, deep ones at half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto import losses
from impasto.losses import Statistics
from impasto.nn.vgg import VGG19

__all__ = ["ContentTarget", "StyleTarget", "TwoScales", "total"]

FULL_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
HALF_LAYERS = ("relu3_1", "relu4_1")
CONTENT_LAYER, STRUCTURE_LAYERS = "relu4_1", ("relu2_1", "relu3_1")


@dataclass(frozen=True)
class ContentTarget:
    """Features of photos: of structure at full size (b 128 h/2 w/2, b 256 h/4 w/4), of content at half.

    The content's are b 512 h/16 w/16. And where their edges run (:func:`impasto.losses.flow`).
    """

    structure: tuple[Tensor, ...]
    content: Tensor
    flow: tuple[Tensor, ...]

    @classmethod
    def stack(cls, targets: Sequence[ContentTarget]) -> ContentTarget:
        """Targets of one photo each, as one of them all."""
        structures, flows = (
            tuple(torch.cat(maps).float() for maps in zip(*(getattr(one, name) for one in targets), strict=True))
            for name in ("structure", "flow")
        )
        return cls(structures, torch.cat([one.content.float() for one in targets]), flows)

    def kept(self) -> ContentTarget:
        """The same in half precision, to be kept."""
        structure = tuple(maps.half() for maps in self.structure)
        return ContentTarget(structure, self.content.half(), self.flow)  # energies are too small for half precision


@dataclass(frozen=True)
class StyleTarget:
    """Statistics of an artwork's features at full and at half size, and of its pixels.

    These are its fine detail (1 9 3 2), its coherence (1 3) and its colorfulness (1 3).
    """

    full: dict[str, Statistics]
    half: dict[str, Statistics]
    detail: Tensor
    coherence: Tensor
    colorfulness: Tensor

    @classmethod
    def stack(cls, targets: Sequence[StyleTarget]) -> StyleTarget:
        """Targets of one artwork each, as one of them all."""

        def joined(part: Callable[[StyleTarget], dict[str, Statistics]]) -> dict[str, Statistics]:
            return {
                layer: Statistics(
                    *(
                        torch.cat([getattr(part(one)[layer], name).float() for one in targets])
                        for name in ("mean", "std", "gram")
                    )
                )
                for layer in part(targets[0])
            }

        return cls(
            joined(lambda one: one.full),
            joined(lambda one: one.half),
            *(torch.cat([getattr(one, name) for one in targets]) for name in ("detail", "coherence", "colorfulness")),
        )

    def kept(self) -> StyleTarget:
        """The same in half precision, to be kept."""

        def small(statistics: dict[str, Statistics]) -> dict[str, Statistics]:
            return {
                layer: Statistics(one.mean.half(), one.std.half(), one.gram.half()) for layer, one in statistics.items()
            }

        return StyleTarget(small(self.full), small(self.half), self.detail, self.coherence, self.colorfulness)


def total(terms: Sequence[Tensor]) -> Tensor:
    """The sum of tensors of one shape."""
    return torch.stack(list(terms)).sum(0)


class TwoScales:
    """The losses that the default model and learnt styles are trained with.

    At half size relu4_1 costs a quarter and sees forms twice as large; where the layers meet, relu3_1 is compared at
    both. Content is relu4_1 at half size, and structure relu2_1 and relu3_1 at full size, instance-normalised (Huang et
    al. 2018): what is where, whatever its colour and contrast. Without relu2_1 outlines are ragged.
    """

    def __init__(self, vgg: VGG19) -> None:
        self._vgg = vgg

    @torch.no_grad()
    def style_of(self, artwork: Tensor, layers: Sequence[str] = FULL_LAYERS) -> StyleTarget:
        """What pastiches are compared with of an artwork (1 3 h w); of ``layers`` at full size, which may be more."""
        full, half = self._features(artwork, layers)
        return StyleTarget(
            _statistics(full),
            _statistics(half),
            losses.detail(artwork),
            losses.coherence(losses.flow(artwork)),
            losses.colorfulness(artwork),
        )

    @torch.no_grad()
    def content_of(self, photos: Tensor) -> ContentTarget:
        """What pastiches are compared with of photos (b 3 h w)."""
        full = self._vgg(photos.to(self._type), STRUCTURE_LAYERS)
        half = self._vgg(F.avg_pool2d(photos, 2).to(self._type), [CONTENT_LAYER])[CONTENT_LAYER]
        return ContentTarget(tuple(full[layer] for layer in STRUCTURE_LAYERS), half, losses.flow(photos))

    def terms(
        self, pastiches: Tensor, photos: Tensor, recolored: Tensor, content: ContentTarget, style: StyleTarget
    ) -> dict[str, Tensor]:
        """The losses of pastiches of photos, which are given recoloured too (all b 3 h w): b values, before weights."""
        full, half = self._features(pastiches)
        fine, deep = _statistics(full), _statistics(half)
        compared = [*((fine[one], style.full[one]) for one in FULL_LAYERS), (deep["relu4_1"], style.half["relu4_1"])]
        correlated = [*compared, (deep["relu3_1"], style.half["relu3_1"])]
        return {
            "content": losses.content_loss(half[CONTENT_LAYER], content.content),
            "structure": total(
                [
                    losses.instance_normalised_content_loss(full[layer], maps)
                    for layer, maps in zip(STRUCTURE_LAYERS, content.structure, strict=True)
                ]
            ),
            "style": total([losses.moment_loss(*pair) for pair in compared]),
            "gram": total([losses.relative_gram_loss(*pair) for pair in correlated]),
            "detail": losses.detail_loss(pastiches, style.detail),
            "flow": losses.flow_loss(pastiches, content.flow, style.coherence),
            "stain": losses.stain_loss(pastiches, recolored, style.colorfulness),
            "fading": losses.fading_loss(pastiches, recolored, style.colorfulness),
            "ssim": losses.structural_dissimilarity(pastiches, photos),
            "tv": losses.total_variation(pastiches),
            "range": losses.range_penalty(pastiches),
            "grid": losses.grid_penalty(pastiches),
        }

    @property
    def _type(self) -> torch.dtype:
        return self._vgg.mean.dtype

    def _features(
        self, pictures: Tensor, layers: Sequence[str] = FULL_LAYERS
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        full = self._vgg(pictures.to(self._type), layers)
        return full, self._vgg(F.avg_pool2d(pictures, 2).to(self._type), HALF_LAYERS)


def _statistics(features: dict[str, Tensor]) -> dict[str, Statistics]:
    return {layer: losses.statistics(maps) for layer, maps in features.items()}
