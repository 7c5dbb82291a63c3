"""Johnson's image transformation network, for one style, or for as many as there are normalisation parameters.

Source: Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer", ECCV 2016, and its supplement; the
instance normalisation is Ulyanov et al.'s (2016), the conditional one Dumoulin et al.'s (2017). We depart in the
residual blocks, which pad by one pixel where the paper's lose two and the input is padded by 40; and in the options.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.nn.instance import instance_norm
from impasto.nn.winograd import Conv3x3

__all__ = ["MULTIPLE", "TransferNet", "TransferNetConfig"]

MULTIPLE = 4
"""What a content's sides must be multiples of, in pixels."""
TANH_REACH = 0.6  # as the published code's 150 of 127.5 levels: 0 and 1 are reached before the tanh is flat


@dataclass(frozen=True)
class TransferNetConfig:
    """Sizes and choices of a :class:`TransferNet`: what is needed, with the weights, to build it again."""

    width: int = 32
    """Feature maps at full resolution; twice as many at a half, four times as many at a quarter."""
    blocks: int = 5
    norm: str = "instance"
    """``instance``, ``batch``, or ``conditional``: scales and shifts are then given with the content."""
    upsampling: str = "nearest"
    """``nearest`` and a convolution (Odena et al. 2016), or ``transposed`` convolution, as in the paper."""
    padding: str = "reflect"
    """``reflect`` or ``zeros``."""
    output: str = "tanh"
    """``tanh``, ``sigmoid``, or ``clamp``: linear, for the border of the system to cut off."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class InstanceNorm(nn.Module):
    """Instance normalisation with a scale and a shift of its own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, _modulation: Tensor | None) -> Tensor:
        return instance_norm(x, self.weight.view(1, -1, 1, 1), self.bias.view(1, -1, 1, 1))


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation, as the paper has it."""

    def forward(self, x: Tensor, _modulation: Tensor | None = None) -> Tensor:
        return super().forward(x)


class ConditionalNorm(nn.Module):
    """Instance normalisation whose scale and shift are a part of a modulation (b m), from ``place`` on."""

    def __init__(self, channels: int, place: int) -> None:
        super().__init__()
        self.channels = channels
        self._place = place

    def forward(self, x: Tensor, modulation: Tensor | None) -> Tensor:
        assert modulation is not None
        middle = self._place + self.channels
        scale, shift = modulation[:, self._place : middle], modulation[:, middle : middle + self.channels]
        return instance_norm(x, scale[:, :, None, None], shift[:, :, None, None])


class ConvNorm(nn.Module):
    """Convolution, perhaps after or by upsampling, and normalisation."""

    def __init__(self, conv: nn.Module, norm: nn.Module, *, enlarge: bool = False) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm
        self._enlarge = enlarge

    def forward(self, x: Tensor, modulation: Tensor | None) -> Tensor:
        if self._enlarge:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.norm(self.conv(x), modulation)


class ResidualBlock(nn.Module):
    """x + norm(conv(ReLU(norm(conv(x))))) (Gross & Wilber 2016)."""

    def __init__(self, first: ConvNorm, second: ConvNorm) -> None:
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, x: Tensor, modulation: Tensor | None) -> Tensor:
        return x + self.second(F.relu(self.first(x, modulation)), modulation)


class TransferNet(nn.Module):
    """``content`` (b 3 h w, sRGB in [0, 1], sides multiples of 4) → pastiche, b 3 h w.

    With conditional normalisation ``modulation`` (b :attr:`modulation_size`) is given as well: for every normalisation
    in turn its scales, then its shifts. Values may leave [0, 1] a little, unless a sigmoid bounds them.
    """

    def __init__(self, config: TransferNetConfig) -> None:
        super().__init__()
        self.config = config
        self._channels: list[int] = []
        w = config.width
        self.stem = self._norm(w, self._conv(3, w, 9))
        self.down = nn.ModuleList(self._norm(2 * c, self._conv(c, 2 * c, 3, stride=2)) for c in (w, 2 * w))
        self.blocks = nn.ModuleList(
            ResidualBlock(*(self._norm(4 * w, self._conv(4 * w, 4 * w, 3)) for _ in range(2)))
            for _ in range(config.blocks)
        )
        self.up = nn.ModuleList(self._up(c) for c in (4 * w, 2 * w))
        self.draw = self._conv(w, 3, 9)

    @property
    def modulation_size(self) -> int:
        """How many scales and shifts all normalisations have together."""
        return 2 * sum(self._channels)

    def neutral(self) -> Tensor:
        """The modulation that scales by 1 and shifts by 0, float32[modulation_size]."""
        parts = [torch.cat([torch.ones(c), torch.zeros(c)]) for c in self._channels]
        return torch.cat(parts)

    def forward(self, content: Tensor, modulation: Tensor | None = None) -> Tensor:
        x = F.relu(self.stem(content - 0.5, modulation))
        for down in self.down:
            x = F.relu(down(x, modulation))
        for block in self.blocks:
            x = block(x, modulation)
        for up in self.up:
            x = F.relu(up(x, modulation))
        x = self.draw(x)
        if self.config.output == "tanh":
            return 0.5 + TANH_REACH * torch.tanh(x)
        return torch.sigmoid(x) if self.config.output == "sigmoid" else x + 0.5

    def _conv(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
        mode: Any = self.config.padding
        if kernel == 3:
            return Conv3x3(inputs, outputs, stride=stride, padding=1, padding_mode=mode)
        return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, padding_mode=mode)

    def _up(self, channels: int) -> ConvNorm:
        if self.config.upsampling == "nearest":
            return self._norm(channels // 2, self._conv(channels, channels // 2, 3), enlarge=True)
        conv = nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1)
        return self._norm(channels // 2, conv)

    def _norm(self, channels: int, conv: nn.Module, *, enlarge: bool = False) -> ConvNorm:
        place = self.modulation_size
        self._channels.append(channels)
        norms: dict[str, type[nn.Module]] = {"instance": InstanceNorm, "batch": BatchNorm}
        kind = self.config.norm
        norm = ConditionalNorm(channels, place) if kind == "conditional" else norms[kind](channels)
        return ConvNorm(conv, norm, enlarge=enlarge)
