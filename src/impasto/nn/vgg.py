"""VGG-19 and VGG-16, the field's loss networks: layers by name, statistics normalised, pixels in [0, 1].

Source: Simonyan & Zisserman, "Very Deep Convolutional Networks", 2015 (configurations E and D); normalised as in
Gatys et al., "Image Style Transfer Using CNNs", CVPR 2016, section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import UnknownName
from impasto.nn.winograd import Conv3x3

CHANNELS_PER_BLOCK = (64, 128, 256, 512, 512)
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def channels_of(layer: str) -> int:
    """Number of feature maps of a layer such as ``relu3_1``."""
    return CHANNELS_PER_BLOCK[int(layer[4]) - 1]


def l2_pool(x: Tensor) -> Tensor:
    """√(mean of x² over 2×2 pixels): b c h w → b c h/2 w/2.

    The gradient, x / (4 · output), is at most ½; where all four pixels are 0 it is taken as 0. Source: Hénaff &
    Simoncelli, "Geodesics of Learned Representations", ICLR 2016, whose window is a Hann's; ours is that of average
    pooling.
    """
    # Below the floor the gradient of clamp_min is 0, which keeps 0/0 out of the square root's.
    return F.avg_pool2d(x.square(), 2).clamp_min(1e-12).sqrt()


POOLINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "max": lambda x: F.max_pool2d(x, 2),
    "average": lambda x: F.avg_pool2d(x, 2),
    "l2": l2_pool,
}


def _layers(convolutions_per_block: Sequence[int]) -> tuple[str, ...]:
    return tuple(
        f"relu{block}_{conv}" for block, count in enumerate(convolutions_per_block, 1) for conv in range(1, count + 1)
    )


class VGG(nn.Module):
    """The convolutional part of a VGG; use :class:`VGG19` or :class:`VGG16`.

    Takes pictures of shape ``b 3 h w``, float, sRGB in [0, 1]; the preprocessing its weights were trained with is
    inside (its scale in the first convolution, its mean colour in ``mean``). Frozen: it measures pictures and is never
    trained.

    Args:
        pooling: what halves the side between blocks, a name in ``POOLINGS``.

    Raises:
        UnknownName: there is no such pooling.
    """

    title: str
    layers: tuple[str, ...]
    content_layers = ("relu4_1",)
    style_layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

    mean: Tensor
    """The preprocessing's mean colour, 1 3 1 1, red first, in [0, 1]; Caffe's unless weights bring another."""

    def __init__(self, pooling: str = "max") -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise UnknownName("pooling", pooling, POOLINGS)
        self.pooling = pooling
        self.convolutions = nn.ModuleDict()
        channels = 3
        for layer in self.layers:
            self.convolutions[layer] = Conv3x3(channels, channels_of(layer), padding=1)
            channels = channels_of(layer)
        # The photo's mean colour maps to 0 in training's range; padding with zeros there is padding with the mean here.
        self.register_buffer("mean", torch.tensor(CAFFE_MEAN_BGR[::-1]).view(1, 3, 1, 1) / 255)
        self.requires_grad_(False)

    def forward(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features of the named layers, in the network's order; computes no deeper than the deepest of them.

        Raises:
            UnknownName: the network has no such layer.
        """
        return dict(self.walk(pictures, layers))

    def walk(self, pictures: Tensor, layers: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
        """The same, one after the other: each layer's name and features before the next layer is computed."""
        last = max((self._index(layer) for layer in layers), default=-1)
        pool = POOLINGS[self.pooling]
        x = pictures - self.mean.to(pictures.dtype)
        for layer in self.layers[: last + 1]:
            if layer.endswith("_1") and layer != "relu1_1":
                x = pool(x)
            x = F.relu(self.convolutions[layer](x))
            if layer in layers:
                yield layer, x

    def channels_of(self, layer: str) -> int:
        """Number of feature maps of a layer."""
        return channels_of(self.layers[self._index(layer)])

    def stride_of(self, layer: str) -> int:
        """Pixels of the picture between two neighbouring features of a layer."""
        return 2 ** (int(self.layers[self._index(layer)][4]) - 1)

    def receptive_field_of(self, layer: str) -> int:
        """Side, in pixels, of the square of the picture that one feature of a layer depends on."""
        field, stride = 1, 1
        for one in self.layers[: self._index(layer) + 1]:
            if self.stride_of(one) > stride:
                field += stride
                stride *= 2
            field += 2 * stride
        return field

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
        Every pooling lets a positive scale through, so this holds for each of them.
        """
        for layer, means in channel_means.items():
            scale = means.clamp_min(1e-6).float()
            weight, bias = self.parameters_of(layer)
            weight.div_(scale.view(-1, 1, 1, 1))
            bias.div_(scale)
            index = self.layers.index(layer) + 1
            if index < len(self.layers):
                self.parameters_of(self.layers[index])[0].mul_(scale.view(1, -1, 1, 1))

    def _index(self, layer: str) -> int:
        if layer not in self.layers:
            ours = layer.replace("conv", "relu")
            remedy = f"what Gatys calls {layer!r} is {ours!r} here" if ours in self.layers else ""
            raise UnknownName(f"layer of {self.title}", layer, self.layers, remedy)
        return self.layers.index(layer)


class VGG19(VGG):
    """VGG-19, configuration E."""

    title = "VGG-19"
    layers = _layers((2, 2, 4, 4, 4))


class VGG16(VGG):
    """VGG-16, configuration D."""

    title = "VGG-16"
    layers = _layers((2, 2, 3, 3, 3))


LAYERS = VGG19.layers
