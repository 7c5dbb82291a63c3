"""The default model's painter: a small U-shaped TransferNet conditioned by a style code.

It follows Johnson et al. 2016 (residual TransferNet) and Dumoulin et al. 2017 (conditional instance normalisation) and
departs from both in three points, each measured in ``docs/default-model-history.md``: pixels enter and leave by
pixel-unshuffle and -shuffle, because few channels at full resolution waste a CPU; the network paints on top of the
*low frequencies* of the photo recoloured to the style's palette; and every normalisation's scale and shift are an
affine map of one style code, so that mixing codes mixes styles.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.nn.norm import ConditionalInstanceNorm
from impasto.nn.winograd import Conv3x3

BOTTLENECK_STRIDE = 8
GRAIN_PERIOD = 128
"""Side of the noise in its own pixels, each four of the photo's."""


@dataclass(frozen=True)
class PainterConfig:
    """Sizes of a :class:`Painter`: what is needed, with the weights, to build it again."""

    code_size: int = 128
    width: int = 64
    """Feature maps at a quarter of the resolution."""
    bottleneck: int = 128
    """Feature maps at an eighth of the resolution."""
    blocks: int = 2
    """Residual blocks in the bottleneck."""
    quarter_blocks: int = 2
    """Residual blocks at a quarter of the resolution, after the bottleneck: they draw the strokes."""
    deep: int = 1
    """Residual blocks at a sixteenth of the resolution, on a detour beside the bottleneck; 0 for no detour."""
    head: int = 16
    """Feature maps at half of the resolution, where the strokes' last detail is drawn."""
    grain: int = 4
    """Maps of fixed noise beside the photo, for strokes where a photo is flat; 0 for none, at most 5."""
    low_frequency: int = 4
    """Side of the average under which the recoloured photo passes straight to the output, in pixels: 4, 8, 16 or 32."""

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class ConvNorm(nn.Module):
    """3×3 convolution, conditional instance norm, optionally ReLU."""

    def __init__(self, inputs: int, outputs: int, code_size: int, *, stride: int = 1, relu: bool = True) -> None:
        super().__init__()
        self.conv = Conv3x3(inputs, outputs, stride=stride, padding=1, padding_mode="reflect", bias=False)
        self.norm = ConditionalInstanceNorm(outputs, code_size)
        self.relu = relu

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        x = self.norm(self.conv(x), code)
        return F.relu(x) if self.relu else x


class ResidualBlock(nn.Module):
    """x + CIN(conv(ReLU(CIN(conv(x)))))."""

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels, code_size)
        self.second = ConvNorm(channels, channels, code_size, relu=False)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        return x + self.second(self.first(x, code), code)


def make_grain(maps: int) -> Tensor:
    """Fixed noise at a quarter of the resolution, maps 128 128: white, then ever smoother; periodic, standardised."""
    white = np.random.default_rng(0).standard_normal((maps, GRAIN_PERIOD, GRAIN_PERIOD))
    frequency = np.fft.fftfreq(GRAIN_PERIOD)
    squared = frequency[:, None] ** 2 + frequency[None, :] ** 2
    blurs = [np.exp(-2 * np.pi**2 * radius**2 * squared) for radius in (0, 1, 2, 4, 8)[:maps]]
    grain = np.fft.ifft2(np.fft.fft2(white) * np.stack(blurs)).real
    grain -= grain.mean((1, 2), keepdims=True)
    return torch.from_numpy(grain / grain.std((1, 2), keepdims=True)).float()


class Detour(nn.Module):
    """x + CIN(conv(up(blocks(down(x))))): the same at half of the resolution, for strokes larger than a block can see.

    It starts by adding nothing, so a trained painter can grow one.
    """

    def __init__(self, channels: int, code_size: int, blocks: int) -> None:
        super().__init__()
        self.down = ConvNorm(channels, channels, code_size, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(channels, code_size) for _ in range(blocks))
        self.up = ConvNorm(channels, channels, code_size, relu=False)
        with torch.no_grad():
            self.up.norm.affine.weight.zero_()
            self.up.norm.affine.bias.zero_()
            self.up.norm.affine.bias[:channels] = -1  # the scale is 1 more than this

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        deep = self.down(x, code)
        for block in self.blocks:
            deep = block(deep, code)
        return x + self.up(F.interpolate(deep, scale_factor=2.0, mode="nearest"), code)


class Painter(nn.Module):
    """Paints ``content`` in the style of ``code``.

    Args of ``forward``: ``content`` (b 3 h w, sRGB in [0, 1], h and w multiples of :attr:`multiple`), ``code``
    (b code_size), ``recolor`` (b 3 4: the affine map of colours from the photo's palette to the style's), ``origin``
    (b 2, int64: row and column of the content in a larger picture, in grain's pixels, which are 4×4 of the photo's; 0
    unless given). Returns the pastiche, b 3 h w; values leave [0, 1] a little, the border of the system clips them.
    """

    grain: Tensor

    def __init__(self, config: PainterConfig) -> None:
        super().__init__()
        self.config = config
        c = config
        self.stem = ConvNorm(3 * 16 + 3, c.width, c.code_size)
        if c.grain:
            self.register_buffer("grain", make_grain(c.grain))
            self.stem_grain = nn.Parameter(torch.randn(c.width, c.grain, 3, 3) / 20)
        self.down = ConvNorm(c.width, c.bottleneck, c.code_size, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(c.bottleneck, c.code_size) for _ in range(c.blocks))
        self.detour = Detour(c.bottleneck, c.code_size, c.deep) if c.deep else None
        self.up = ConvNorm(c.bottleneck, c.width, c.code_size)
        self.skip = ConvNorm(c.width, c.width, c.code_size, relu=False)
        self.fine = ConvNorm(c.width, c.width, c.code_size)
        self.quarter_blocks = nn.ModuleList(ResidualBlock(c.width, c.code_size) for _ in range(c.quarter_blocks))
        self.expand = Conv3x3(c.width, 4 * c.head, padding=1, padding_mode="reflect")
        self.draw = nn.Conv2d(c.head + 3, 12, 3, padding=1, padding_mode="reflect")
        self._start_from_low_frequencies()
        self._start_without_grid()

    @property
    def multiple(self) -> int:
        """What a content's height and width must be multiples of, in pixels."""
        return max(BOTTLENECK_STRIDE * (2 if self.config.deep else 1), self.config.low_frequency)

    @torch.no_grad()
    def _start_from_low_frequencies(self) -> None:
        """Let the untrained painter return the low frequencies: bilinear ×2 of ``low`` in pixel-shuffle's order."""
        assert self.draw.bias is not None
        self.draw.bias.zero_()
        self.draw.weight[:, : self.config.head] *= 0.1
        self.draw.weight[:, self.config.head :] = 0
        near_far = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])
        for color in range(3):
            for row in range(2):
                for column in range(2):
                    kernel = near_far[row, :, None] * near_far[column, None, :]
                    self.draw.weight[4 * color + 2 * row + column, self.config.head + color] = kernel

    @torch.no_grad()
    def _start_without_grid(self) -> None:
        """Let the pixels that a pixel-shuffle makes of one be equal at first (Aitken et al. 2017, "ICNR")."""
        assert self.expand.bias is not None
        for parameter in (self.expand.weight, self.expand.bias):
            parameter.copy_(parameter[::4].repeat_interleave(4, 0))
        head = self.draw.weight[:, : self.config.head]
        head.copy_(head[::4].repeat_interleave(4, 0))

    def _stem(self, x: Tensor, code: Tensor, origin: Tensor | None) -> Tensor:
        if not self.config.grain:
            return self.stem(x, code)
        height, width = x.shape[2:]
        places = torch.zeros(1, 2, dtype=torch.int64, device=x.device) if origin is None else origin
        rows = (places[:, :1] + torch.arange(height, device=x.device)) % GRAIN_PERIOD
        columns = (places[:, 1:] + torch.arange(width, device=x.device)) % GRAIN_PERIOD
        grain = self.grain.flatten(1)[:, rows[:, :, None] * GRAIN_PERIOD + columns[:, None]]
        grain = grain.transpose(0, 1).to(x.dtype).expand(x.shape[0], -1, -1, -1)
        # One convolution over both costs less than two.
        x = F.pad(torch.cat([x, grain], 1), (1, 1, 1, 1), mode="reflect")
        x = F.conv2d(x, torch.cat([self.stem.conv.weight, self.stem_grain], 1))
        return F.relu(self.stem.norm(x, code))

    def forward(self, content: Tensor, code: Tensor, recolor: Tensor, origin: Tensor | None = None) -> Tensor:
        pixels = F.pixel_unshuffle(content, 4)
        # Means of 4×4 pixels; to pool three maps, engines would first spread them over sixteen.
        quarter = pixels.unflatten(1, (3, 16)).mean(2)
        tinted = recolored(quarter, recolor)
        low = F.avg_pool2d(tinted, self.config.low_frequency // 4)
        low = F.interpolate(low, scale_factor=self.config.low_frequency // 2, mode="bilinear", align_corners=False)
        fine = self._stem(torch.cat([pixels, tinted], 1) - 0.5, code, origin)
        x = self.down(fine, code)
        for number, block in enumerate(self.blocks, 1):
            x = block(x, code)
            if self.detour is not None and number == (len(self.blocks) + 1) // 2:
                x = self.detour(x, code)
        x = self.up(F.interpolate(x, scale_factor=2.0, mode="nearest"), code)
        x = self.fine(F.relu(x + self.skip(fine, code)), code)
        for block in self.quarter_blocks:
            x = block(x, code)
        x = F.relu(F.pixel_shuffle(self.expand(x), 2))
        return F.pixel_shuffle(self.draw(torch.cat([x, low], 1)), 2)


def recolored(pictures: Tensor, recolor: Tensor) -> Tensor:
    """Pictures (b 3 h w) after affine maps of their colours (b 3 4)."""
    return torch.einsum("bij,bjhw->bihw", recolor[:, :, :3], pictures) + recolor[:, :, 3, None, None]
