"""StyTr²: patches of photo and style become tokens; transformers look at both, and a decoder paints.

Source: Deng, Tang, Dong, Ma, Pan, Wang & Xu, "StyTr²: Image Style Transfer with Transformers", CVPR 2022. We depart in
the pooling of the content-aware positional encoding, whose windows have exact instead of rounded borders (so that it
can be exported for any size); and by default in the sizes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.attention import DecoderLayer, EncoderLayer
from impasto.models.mirrored_decoder import MirroredDecoder

__all__ = ["PATCH", "StyTr2", "StyTr2Config"]

PATCH = 8
"""Side of the patch that is one token, in pixels."""
PLACES = 18
"""The positional encoding is made of a grid of so many by so many means (section 3.2 of the paper)."""

DRAWN = 4.0  # so that the tokens of patches, whose pixels are within ±0.5, are as large as what layers add to them


@dataclass(frozen=True)
class StyTr2Config:
    """Sizes of a :class:`StyTr2`: what is needed, with the weights, to build it again."""

    width: int = 128
    """Numbers in a token; 512 in the paper."""
    heads: int = 4
    """8 in the paper."""
    encoder_layers: int = 2
    """Of either encoder; 3 in the paper."""
    decoder_layers: int = 2
    """3 in the paper."""
    hidden: int = 512
    """2048 in the paper."""
    decoder_width: int = 32
    """64 in the paper."""
    dropout: float = 0.0
    """0.1 in the paper."""
    norm: str = "before"
    """Layers normalise what they look at, or their sums, "after", as in the paper."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class StyTr2(nn.Module):
    """``content`` (b 3 h w, sRGB in [0, 1], sides multiples of 8), ``tokens`` (b n c) → pastiche, b 3 h w.

    The tokens are :meth:`encode_style`'s, of a style picture of any size.
    """

    def __init__(self, config: StyTr2Config) -> None:
        super().__init__()
        c = config
        norm_first = c.norm == "before"
        self.config = config
        self.embed = nn.Conv2d(3, c.width, PATCH, PATCH)
        with torch.no_grad():
            self.embed.weight.mul_(DRAWN)
        self.places = nn.Conv2d(c.width, c.width, 1)

        def layers(kind: type[nn.Module], count: int) -> nn.ModuleList:
            return nn.ModuleList(
                kind(c.width, c.heads, c.hidden, c.dropout, norm_first=norm_first) for _ in range(count)
            )

        self.content_layers = layers(EncoderLayer, c.encoder_layers)
        self.style_layers = layers(EncoderLayer, c.encoder_layers)
        self.decoder_layers = layers(DecoderLayer, c.decoder_layers)
        # A normalised sum no longer says how bright its patch is, nor how strong its colour.
        self.norm = nn.Identity() if norm_first else nn.LayerNorm(c.width)
        self.decoder = MirroredDecoder(c.width, c.decoder_width)

    def encode_style(self, style: Tensor) -> Tensor:
        """Tokens (b n c) of a style picture (b 3 h w), a token for each patch of 8×8 pixels; without positions."""
        x = _tokens(self.embed(style - 0.5))
        for layer in self.style_layers:
            x = layer(x)
        return x

    def forward(self, content: Tensor, tokens: Tensor) -> Tensor:
        maps = self.embed(content - 0.5)
        position = _tokens(self.position(maps))
        x = _tokens(maps)
        for layer in self.content_layers:
            x = layer(x, position)
        for layer in self.decoder_layers:
            x = layer(x, tokens, position)
        # The same height and width as the maps, in a form that is traced for any size.
        features = self.norm(x).transpose(1, 2).reshape_as(maps)
        return self.decoder(features)

    def position(self, maps: Tensor) -> Tensor:
        """The content-aware positional encoding (CAPE, eq. 4–5): means of a fixed grid, convolved, spread again."""
        height, width = maps.shape[2:]
        down = pooling_matrix(height, maps) @ maps @ pooling_matrix(width, maps).transpose(0, 1)
        return F.interpolate(self.places(down), size=(height, width), mode="bilinear", align_corners=False)


def pooling_matrix(side: int, like: Tensor) -> Tensor:
    """The means of :data:`PLACES` equal parts of a side, as a matrix (18 side); parts share pixels on their borders."""
    pixel = torch.arange(side, device=like.device).float()
    begin = torch.arange(PLACES, device=like.device).float()[:, None] * side / PLACES
    end = begin + side / PLACES
    overlap = torch.minimum(end, pixel + 1) - torch.maximum(begin, pixel)
    return (overlap.clamp_min(0) * PLACES / side).to(like.dtype)


def _tokens(maps: Tensor) -> Tensor:
    return maps.flatten(2).transpose(1, 2)
