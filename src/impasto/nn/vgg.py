"""VGG-19, the field's loss network: layers by name, statistics normalised, pixels in [0, 1].

Source: Simonyan & Zisserman, "Very Deep Convolutional Networks", 2015 (configuration E); normalised as in
Gatys et al., "Image Style Transfer Using CNNs", CVPR 2016, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
CHANNELS_PER_BLOCK = (64, 128, 256, 512, 512)
LAYERS = tuple(
    f"relu{block}_{conv}" for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, 1) for conv in range(1, count + 1)
)
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def channels_of(layer: str) -> int:
    """Number of feature maps of a layer such as ``relu3_1``."""
    return CHANNELS_PER_BLOCK[int(layer[4]) - 1]


class VGG19(nn.Module):
    """The convolutional part of VGG-19.

    Takes pictures of shape ``b 3 h w``, float, sRGB in [0, 1]; the Caffe preprocessing (BGR, 0–255, minus the mean)
    is folded into the first convolution. Frozen: it measures pictures and is never trained.
    """

    mean: Tensor
    """The Caffe preprocessing's mean colour, 1 3 1 1, red first, in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleDict()
        channels = 3
        for layer in LAYERS:
            self.convolutions[layer] = nn.Conv2d(channels, channels_of(layer), 3, padding=1)
            channels = channels_of(layer)
        # The photo's mean colour maps to 0 in Caffe's range; padding with zeros there is padding with the mean here.
        self.register_buffer("mean", torch.tensor(CAFFE_MEAN_BGR[::-1]).view(1, 3, 1, 1) / 255)
        self.requires_grad_(False)

    def forward(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features of the named layers, in the network's order; computes no deeper than the deepest of them."""
        unknown = set(layers) - set(LAYERS)
        if unknown:
            raise ValueError(f"unknown VGG-19 layers {sorted(unknown)}: expected some of {', '.join(LAYERS)}")
        last = max(LAYERS.index(layer) for layer in layers)
        x = pictures - self.mean.to(pictures.dtype)
        features = {}
        for layer in LAYERS[: last + 1]:
            if layer.endswith("_1") and layer != "relu1_1":
                x = F.max_pool2d(x, 2)
            x = F.relu(self.convolutions[layer](x))
            if layer in layers:
                features[layer] = x
        return features

    def parameters_of(self, layer: str) -> tuple[Tensor, Tensor]:
        """Weight (c, inputs, 3, 3) and bias (c) of the convolution whose ReLU is ``layer``."""
        conv = self.convolutions[layer]
        assert isinstance(conv, nn.Conv2d)
        assert conv.bias is not None
        return conv.weight, conv.bias

    @torch.no_grad()
    def normalise(self, channel_means: Mapping[str, Tensor]) -> None:
        """Scale the network so that each channel's mean activation over photographs becomes 1.

        ``channel_means`` gives, for some layers, the mean activation of each channel (shape ``c``). The scale of a
        layer is undone in the layer after it, so every other layer computes what it did before (Gatys et al. 2016).
        """
        for layer, means in channel_means.items():
            scale = means.clamp_min(1e-6).float()
            weight, bias = self.parameters_of(layer)
            weight.div_(scale.view(-1, 1, 1, 1))
            bias.div_(scale)
            index = LAYERS.index(layer) + 1
            if index < len(LAYERS):
                self.parameters_of(LAYERS[index])[0].mul_(scale.view(1, -1, 1, 1))
