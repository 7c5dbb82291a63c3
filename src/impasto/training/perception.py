"""The loss network as recipes use it: in the quickest type, with statistics in float32."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from impasto import losses
from impasto.losses import Statistics
from impasto.nn.vgg import VGG19
from impasto.training.default_recipe import fast_type

__all__ = ["Perception", "as_targets", "summed"]


class Perception:
    """VGG-19 in :func:`fast_type`, channels last."""

    def __init__(self, vgg: VGG19) -> None:
        self.type = fast_type()
        # torch's overloads of Module.to() lack memory_format.
        self.vgg: VGG19 = vgg.to(self.type).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self, pictures: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features of the layers, of pictures (b 3 h w, float in [0, 1])."""
        return self.vgg(pictures.to(self.type), list(dict.fromkeys(layers)))

    def autocast(self) -> torch.autocast:
        """A context in which networks compute in the quickest type."""
        return torch.autocast("cpu", self.type, enabled=self.type != torch.float32)


def as_targets(features: Mapping[str, Tensor], layers: Sequence[str]) -> dict[str, Statistics]:
    """Statistics of the layers' features."""
    return {layer: losses.statistics(features[layer]) for layer in layers}


def summed(terms: Iterable[Tensor]) -> Tensor:
    """The sum over layers of one value a picture."""
    return torch.stack(list(terms)).sum(0)
