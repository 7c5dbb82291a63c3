"""What is exported: modules with the border's types (uint8 h×w×3) around the trained networks.

The painter is exported three times. :class:`Paint` paints a picture as a whole. :class:`Measure` and
:class:`PaintFixed` do the same in two steps, for pictures too large to be painted at once and for steady video: a
normalisation needs the statistics of the whole, so what it makes of them, a scale and a shift for every feature map, is
measured first and then given to each part.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.losses import EPSILON, Statistics
from impasto.models.painter import Painter
from impasto.models.style_encoder import MOMENT_LAYERS, moments_vector
from impasto.nn import norm
from impasto.nn.border import from_border, to_border
from impasto.nn.vgg import VGG19


class EncodeStyle(nn.Module):
    """``style`` uint8 (1 h w 3) → ``code`` float32 (1 k).

    Takes the *raw* VGG-19, whose weights are 256 values a layer, and normalises the moments instead of the network:
    dividing a channel by its mean activation commutes with ReLU and pooling.
    """

    def __init__(self, vgg: VGG19, channel_means: Mapping[str, Tensor], encoder: nn.Module) -> None:
        super().__init__()
        self.vgg = vgg
        self.encoder = encoder  # moments (1 1920) → code
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

    def fused(self) -> nn.Module:
        """The same, with norms spelt so that engines fuse them."""
        return _FusedPaint(self.painter)


class _FusedPaint(nn.Module):
    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.affine = all_affine(painter)
        self.painter = _with_norms(painter, FusedInstanceNorm)

    def forward(self, content: Tensor, code: Tensor, recolor: Tensor) -> Tensor:
        return to_border(self.painter(from_border(content), self.affine(code), recolor))


def all_affine(painter: Painter) -> nn.Linear:
    """The affine maps of all norms as one, code (1 k) → scales 1 + γ and shifts β of norm after norm (1 m).

    A product so small costs engines more to begin than to compute.
    """
    maps = [one.affine for one in painter.modules() if isinstance(one, norm.ConditionalInstanceNorm)]
    whole = nn.Linear(maps[0].in_features, sum(one.out_features for one in maps))
    biases = [one.bias + torch.tensor([1.0, 0.0]).repeat_interleave(one.out_features // 2) for one in maps]
    with torch.no_grad():
        whole.weight.copy_(torch.cat([one.weight for one in maps]))
        whole.bias.copy_(torch.cat(biases))
    return whole


class Measure(nn.Module):
    """Parts of one picture → ``modulation`` float32 (1 m), from statistics over all of them.

    Args of ``forward``: ``content`` uint8 (n h w 3), ``code`` (1 k), ``recolor`` (1 3 4), ``margin`` int64 (1: so many
    pixels around each part do not count, as they see its cut; 0 if it is the whole picture), ``origin`` int64 (n 2, as
    :class:`~impasto.models.painter.Painter` describes it; a painter without grain takes none).

    The modulation holds, for every norm
    in the order of the painter's modules, the scales ``a = (1 + γ(code)) / √(σ² + ε)`` of all feature maps and then
    their shifts ``b = β(code) − μ·a``; a norm is then ``a·x + b``.
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self._found: dict[int, Tensor] = {}
        self._window = Window()
        self.affine = all_affine(painter)
        self.painter = _with_norms(
            painter, lambda channels, place: MeasuredNorm(channels, place, self._window, self._found)
        )

    def forward(
        self, content: Tensor, code: Tensor, recolor: Tensor, margin: Tensor, origin: Tensor | None = None
    ) -> Tensor:
        self._window.margin, self._window.height = margin, content.shape[1]
        self.painter(from_border(content), self.affine(code), recolor.expand(content.shape[0], 3, 4), origin)
        return torch.cat([self._found[place] for place in sorted(self._found)], 1)


class PaintFixed(nn.Module):
    """``content`` uint8 (1 h w 3), ``modulation`` (1 m), ``recolor`` (1 3 4), ``origin`` (1 2) → ``pastiche``.

    The modulation is :class:`Measure`'s. Nothing in it depends on the whole picture, so a part's pastiche is a part of
    the whole's, but for the border.
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.painter = _with_norms(painter, FixedNorm)

    @property
    def modulation_size(self) -> int:
        """How many numbers a modulation has."""
        return sum(2 * one.channels for one in self.modules() if isinstance(one, FixedNorm))

    def forward(self, content: Tensor, modulation: Tensor, recolor: Tensor, origin: Tensor | None = None) -> Tensor:
        return to_border(self.painter(from_border(content), modulation, recolor, origin))


class _ScaledNorm(nn.Module):
    """A norm that finds its scales and shifts (1 c) in one vector of all norms', which comes in the code's place."""

    def __init__(self, channels: int, place: int) -> None:
        super().__init__()
        self.channels = channels
        self._place = place

    def affine(self, vector: Tensor) -> tuple[Tensor, Tensor]:
        middle = self._place + self.channels
        return vector[:, self._place : middle], vector[:, middle : middle + self.channels]


class FusedInstanceNorm(_ScaledNorm):
    """The same arithmetic as :class:`~impasto.nn.norm.ConditionalInstanceNorm`, spelt so that engines fuse it."""

    def forward(self, x: Tensor, affine: Tensor) -> Tensor:
        scale, shift = self.affine(affine)
        return F.instance_norm(x, eps=norm.EPSILON) * scale[:, :, None, None] + shift[:, :, None, None]


class Window:
    """What of a map counts, in the forward pass that is running."""

    margin: Tensor
    height: int

    def of(self, x: Tensor) -> Tensor:
        """The map (n c h w) without the margin, of which it has fewer pixels than the content."""
        margin = self.margin * x.shape[2] // self.height
        return x[:, :, margin : x.shape[2] - margin, margin : x.shape[3] - margin]


class MeasuredNorm(_ScaledNorm):
    """The norm over all parts of the batch together, which leaves its scales and shifts (1 2c) in ``found``."""

    def __init__(self, channels: int, place: int, window: Window, found: dict[int, Tensor]) -> None:
        super().__init__(channels, place)
        self._window = window
        self._found = found

    def forward(self, x: Tensor, affine: Tensor) -> Tensor:
        scale, shift = self.affine(affine)
        counted = self._window.of(x)
        mean = counted.mean((0, 2, 3))
        # In two passes: the difference of mean squares would lose its digits, the more so in bfloat16.
        variance = (counted - mean[:, None, None]).square().mean((0, 2, 3))
        scale = scale * torch.rsqrt(variance + norm.EPSILON)
        shift = shift - mean * scale
        self._found[self._place] = torch.cat([scale, shift], 1)
        return x * scale[:, :, None, None] + shift[:, :, None, None]


class FixedNorm(_ScaledNorm):
    """``a·x + b`` with this norm's part of a modulation."""

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        scale, shift = self.affine(modulation)
        return x * scale[:, :, None, None] + shift[:, :, None, None]


def _with_norms(painter: Painter, make: Callable[[int, int], nn.Module]) -> Painter:
    """A copy with other norms, made of each one's number of maps and its place in a vector of all norms'."""
    painter = copy.deepcopy(painter)
    place = 0
    for module in list(painter.modules()):
        for name, child in module.named_children():
            if isinstance(child, norm.ConditionalInstanceNorm):
                setattr(module, name, make(child.affine.out_features // 2, place))
                place += child.affine.out_features
    return painter
