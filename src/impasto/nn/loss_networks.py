"""The networks whose features losses compare: what each of them offers, which there are, and loading one by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from impasto.errors import UnknownName
from impasto.nn.vgg_weights import load_vgg19

__all__ = ["LOSS_NETWORKS", "LossNetwork", "load_loss_network"]


class LossNetwork(Protocol):
    """What a loss network offers; the modules that :func:`load_loss_network` returns satisfy it.

    It is frozen. Its methods raise ``UnknownName``, with a near miss suggested, for a layer that it does not have.
    """

    layers: tuple[str, ...]
    """All layers, shallow to deep."""
    content_layers: tuple[str, ...]
    """Those whose features are compared for content unless told otherwise."""
    style_layers: tuple[str, ...]
    """Those whose statistics are compared for style unless told otherwise."""

    def __call__(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features (b c h/stride w/stride) of the named layers of pictures (b 3 h w, sRGB in [0, 1])."""

    def channels_of(self, layer: str) -> int:
        """Number of feature maps of a layer."""

    def stride_of(self, layer: str) -> int:
        """Pixels of the picture between two neighbouring features of a layer."""

    def receptive_field_of(self, layer: str) -> int:
        """Side, in pixels, of the square of the picture that one feature of a layer depends on."""


LOSS_NETWORKS: dict[str, str] = {
    "vgg19": "VGG-19, the field's standard (its weights come with impasto[train])",
}


def load_loss_network(
    name: str = "vgg19",
    *,
    weights: Path | None = None,
    pooling: str = "max",
    normalised: bool = True,
    fetch: bool = False,  # noqa: ARG001 - VGG-16 will need it
) -> nn.Module:
    """A loss network with its ImageNet weights, frozen, in float32; it satisfies :class:`LossNetwork`."""
    if name not in LOSS_NETWORKS:
        raise UnknownName("loss network", name, LOSS_NETWORKS)
    return load_vgg19(weights, normalised=normalised, pooling=pooling)
