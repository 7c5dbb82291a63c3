"""The loss network as recipes use it: in the quicker type, with statistics in float32."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from impasto import losses
from impasto.losses import Statistics
from impasto.nn.vgg import VGG19
from impasto.training.arithmetic import Arithmetic

__all__ = ["Perception", "as_targets", "summed"]


class Perception:
    """VGG-19, which takes pictures of any type."""

    def __init__(self, vgg: VGG19, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.vgg = arithmetic.frozen(vgg)

    def features(self, pictures: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features of the layers, of pictures (b 3 h w, float in [0, 1])."""
        return self.vgg(pictures.to(self.arithmetic.type), list(dict.fromkeys(layers)))


def as_targets(features: Mapping[str, Tensor], layers: Sequence[str]) -> dict[str, Statistics]:
    """Statistics of the layers' features."""
    return {layer: losses.statistics(features[layer]) for layer in layers}


def summed(terms: Iterable[Tensor]) -> Tensor:
    """The sum over layers of one value a picture."""
    return torch.stack(list(terms)).sum(0)
