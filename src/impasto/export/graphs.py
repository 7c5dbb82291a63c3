"""What is exported: two modules with the border's types (uint8 h×w×3) around the trained networks."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from impasto.losses import EPSILON, Statistics
from impasto.models.painter import Painter
from impasto.models.style_encoder import MOMENT_LAYERS, StyleEncoder, moments_vector
from impasto.nn import norm
from impasto.nn.border import from_border, to_border
from impasto.nn.vgg import VGG19


class EncodeStyle(nn.Module):
    """``style`` uint8 (1 h w 3) → ``code`` float32 (1 k).

    Takes the *raw* VGG-19, whose weights are 256 values a layer, and normalises the moments instead of the network:
    dividing a channel by its mean activation commutes with ReLU and pooling.
    """

    def __init__(self, vgg: VGG19, channel_means: Mapping[str, Tensor], encoder: StyleEncoder) -> None:
        super().__init__()
        self.vgg = vgg
        self.encoder = encoder
        for layer in MOMENT_LAYERS:
            self.register_buffer(f"scale_{layer}", channel_means[layer].float().clone())

    def forward(self, style: Tensor) -> Tensor:
        found = {}
        for layer, maps in self.vgg(from_border(style), MOMENT_LAYERS).items():
            scale = getattr(self, f"scale_{layer}")
            mean = maps.mean((2, 3))
            variance = (maps - mean[:, :, None, None]).square().mean((2, 3))
            std = (variance / scale.square() + EPSILON).sqrt()
            found[layer] = Statistics(mean / scale, std, maps)  # the Gram matrix is not asked for
        code: Tensor = self.encoder(moments_vector(found))
        return code


class Paint(nn.Module):
    """``content`` uint8 (1 h w 3), ``code`` (1 k), ``recolor`` (1 3 4) → ``pastiche`` uint8 (1 h w 3)."""

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.painter = painter

    def forward(self, content: Tensor, code: Tensor, recolor: Tensor) -> Tensor:
        return to_border(self.painter(from_border(content), code, recolor))


class FusedInstanceNorm(nn.Module):
    """The same arithmetic as :class:`~impasto.nn.norm.ConditionalInstanceNorm`, spelt so that engines fuse it."""

    def __init__(self, affine: nn.Linear) -> None:
        super().__init__()
        self.affine = affine

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.affine(code)[:, :, None, None].chunk(2, dim=1)
        return F.instance_norm(x, eps=norm.EPSILON) * (1 + scale) + shift
