"""What several losses need: features as sets of pixels, draws from them, and pictures as lightness and two colours."""

from __future__ import annotations

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
FAINT = 0.002
"""Half a level of 255: less of a difference than this nobody sees."""
REMEMBERED = 65536
"""A style is remembered by at most as many of its pixels (256²), which bounds memory and time at any size."""


def wide(values: Tensor) -> Tensor:
    """The values as float32; float64 stays, for checks of gradients."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def opponents(pictures: Tensor) -> Tensor:
    """Pictures (b 3 h w) as luma, B − Y and R − Y."""
    luma = (pictures * pictures.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return torch.cat([luma, pictures[:, 2:] - luma, pictures[:, :1] - luma], 1)


def pixels(features: Tensor) -> Tensor:
    """Features (b c h w) as pixels (b h·w c), without a copy where they are channels-last."""
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def seeded(generator: torch.Generator | None) -> torch.Generator:
    """The generator, or one of seed 0 where there is none."""
    return torch.Generator().manual_seed(0) if generator is None else generator


def places(count: int, most: int, generator: torch.Generator | None) -> Tensor:
    """Indices below ``count``: all of them, or ``most`` drawn with replacement where there are more."""
    if count <= most:
        return torch.arange(count)
    return torch.randint(count, (most,), generator=seeded(generator))


def draw(features: Tensor, most: int, generator: torch.Generator | None = None) -> Tensor:
    """At most ``most`` pixels (b n c) of features (b c h w), the same places of every picture, at least float32."""
    found = pixels(features)
    count = found.shape[1]
    return wide(found if count <= most else found.index_select(1, places(count, most, generator)))
