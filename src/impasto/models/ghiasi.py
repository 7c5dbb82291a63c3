"""A network that sees a style once and predicts the normalisation parameters that paint it.

Source: Ghiasi, Lee, Kudlur, Dumoulin & Shlens, "Exploring the structure of a real-time, arbitrary neural artistic
stylization network", BMVC 2017. The paper's style prediction network is Inception-v3; ours is one for processors:
either MobileNetV2's inverted residuals (Sandler et al. 2018), learnt from scratch, or a perceptron on
EfficientNet-Lite0's features. Batch normalisation, which small batches do not bear, is replaced in the former by a
normalisation over all maps of a picture (Wu & He 2018, one group): it keeps what tells maps apart, as instance
normalisation would not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.transfer_net import TransferNet, TransferNetConfig
from impasto.nn.instance import moments

__all__ = ["FeaturePredictor", "Ghiasi", "MobilePredictor", "pooled"]

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2))
"""Expansion, maps, blocks and stride, as MobileNetV2 (table 2) but for its last stage."""
STEM = 32


class InvertedResidual(nn.Module):
    """Widen, filter each map, narrow; the input is added where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.layers = nn.Sequential(
            *(() if expansion == 1 else (_normed(nn.Conv2d(inputs, inner, 1, bias=False)), nn.ReLU6())),
            _normed(nn.Conv2d(inner, inner, 3, stride, padding=1, groups=inner, bias=False)),
            nn.ReLU6(),
            _normed(nn.Conv2d(inner, outputs, 1, bias=False)),
        )
        self._residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self._residual else self.layers(x)


class MobilePredictor(nn.Module):
    """Style picture (b 3 h w in [0, 1]) → embedding (b e), by inverted residuals and the mean over all places.

    Args:
        width: multiplies the feature maps.
    """

    def __init__(self, embedding: int, width: float = 0.5) -> None:
        super().__init__()
        channels = _rounded(STEM * width)
        layers: list[nn.Module] = [_normed(nn.Conv2d(3, channels, 3, 2, padding=1, bias=False)), nn.ReLU6()]
        for expansion, maps, blocks, stride in STAGES:
            for block in range(blocks):
                outputs = _rounded(maps * width)
                layers.append(InvertedResidual(channels, outputs, expansion, stride if block == 0 else 1))
                channels = outputs
        self.layers = nn.Sequential(*layers)
        self.embed = nn.Linear(channels, embedding)

    def forward(self, style: Tensor) -> Tensor:
        return self.embed(self.layers(2 * style - 1).mean((2, 3)))


class FeaturePredictor(nn.Module):
    """Means and deviations of a frozen network's features (b n) → embedding (b e)."""

    def __init__(self, numbers: int, embedding: int, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(numbers, hidden), nn.ReLU(), nn.Linear(hidden, embedding))

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


def pooled(features: Mapping[str, Tensor], layers: Sequence[str]) -> Tensor:
    """Means and deviations of the layers' maps (b n), what :class:`FeaturePredictor` takes."""
    return torch.cat([part[:, :, 0, 0] for layer in layers for part in moments(features[layer])], 1)


class Ghiasi(nn.Module):
    """``content`` (b 3 h w) and ``code`` (b e: a style's embedding) → pastiche, b 3 h w.

    Args:
        predictor: what gives the embedding; its input is its own affair.
        config: of the painting network, conditional.
    """

    def __init__(self, predictor: nn.Module, config: TransferNetConfig, embedding: int) -> None:
        super().__init__()
        self.predictor = predictor
        self.net = TransferNet(config)
        self.modulate = nn.Linear(embedding, self.net.modulation_size)
        with torch.no_grad():
            self.modulate.weight.mul_(0.5)
            self.modulate.bias.copy_(self.net.neutral())

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        return self.net(content, self.modulate(code))


class _PictureNorm(nn.GroupNorm):
    """Over all maps and places of a picture, with a scale and a shift for each map."""

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.group_norm(x.float(), 1, self.weight, self.bias, self.eps).to(x.dtype)


def _normed(conv: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv, _PictureNorm(conv.out_channels))


def _rounded(maps: float) -> int:
    """A multiple of 8, at least 8."""
    return max(8, round(maps / 8) * 8)
