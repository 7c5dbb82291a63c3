"""What is exported of the literature's systems: modules with the border's types around the trained networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from impasto.models.adain import ENCODED, AdaIN
from impasto.models.ghiasi import Ghiasi, pooled
from impasto.models.style_encoder import MOMENT_LAYERS
from impasto.models.stytr2 import StyTr2
from impasto.nn.border import from_border, to_border
from impasto.nn.vgg import VGG19, channels_of

__all__ = ["AdaINPainter", "EncodePredicted", "EncodeTokens", "PaintFamily", "SelectedMoments", "TokenPainter"]


class PaintFamily(nn.Module):
    """``content`` uint8 (1 h w 3) and, unless the network has but one style, ``code`` (1 k) → ``pastiche`` uint8.

    Args:
        network: takes the content as b 3 h w in [0, 1], and the code.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, content: Tensor, code: Tensor | None = None) -> Tensor:
        pictures = from_border(content)
        return to_border(self.network(pictures) if code is None else self.network(pictures, code))


class SelectedMoments(nn.Module):
    """Of the moments of all four layers (1 1920) those at AdaIN's depths: its code (1 k)."""

    def __init__(self, depths: Sequence[str]) -> None:
        super().__init__()
        self._sizes = [(layer in depths, 2 * channels_of(layer)) for layer in MOMENT_LAYERS]

    def forward(self, moments: Tensor) -> Tensor:
        parts = moments.split([size for _, size in self._sizes], 1)
        return torch.cat([part for part, (wanted, _) in zip(parts, self._sizes, strict=True) if wanted], 1)


class AdaINPainter(nn.Module):
    """VGG-19, AdaIN and the decoder in one: content and code → pastiche, b 3 h w.

    Args:
        vgg: the raw network, whose weights are 256 values a layer.
        means: what relu4_1 is divided by, as the decoder learnt on the normalised one's features.
    """

    means: Tensor

    def __init__(self, vgg: VGG19, means: Tensor, model: AdaIN) -> None:
        super().__init__()
        self.vgg = vgg
        self.model = model
        self.register_buffer("means", means.float().view(1, -1, 1, 1))

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        return self.model(self.vgg(content, [ENCODED])[ENCODED] / self.means, code)


class EncodePredicted(nn.Module):
    """``style`` uint8 (1 h w 3) → ``code`` float32 (1 e), by Ghiasi's style prediction network.

    Args:
        eyes: the frozen network whose features the predictor takes, if it does not take the picture itself.
    """

    def __init__(self, model: Ghiasi, eyes: nn.Module | None, layers: Sequence[str]) -> None:
        super().__init__()
        self.predictor = model.predictor
        self.eyes = eyes
        self._layers = tuple(layers)

    def forward(self, style: Tensor) -> Tensor:
        pictures = from_border(style)
        if self.eyes is None:
            return self.predictor(pictures)
        return self.predictor(pooled(self.eyes(pictures, self._layers), self._layers))


class EncodeTokens(nn.Module):
    """``style`` uint8 (1 h w 3) → ``code`` float32 (1 n·c): the style's tokens, one after the other."""

    def __init__(self, model: StyTr2) -> None:
        super().__init__()
        self.model = model

    def forward(self, style: Tensor) -> Tensor:
        return self.model.encode_style(from_border(style)).flatten(1)


class TokenPainter(nn.Module):
    """Content and :class:`EncodeTokens`'s code → pastiche, b 3 h w."""

    def __init__(self, model: StyTr2) -> None:
        super().__init__()
        self.model = model

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        return self.model(content, code.unflatten(1, (-1, self.model.config.width)))
