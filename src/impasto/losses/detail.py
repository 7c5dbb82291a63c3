"""How much fine detail a picture has, in lightness and in colour, and how it is spread: flecks against strokes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.losses.pixels import FAINT, opponents, wide

OCTAVES = 3  # below the full size: flecks that are gone at one size come back at the next


def detail(pictures: Tensor) -> Tensor:
    """Logarithms of the size of pictures' (b 3 h w) fine detail: b 9 3 2.

    Of nine differences (of neighbours across, down, and of both; across and down again at 1/2, 1/4 and 1/8 of the
    size), in luma, B − Y and R − Y: the mean absolute value and the root mean square. Where the second is far above the
    first, detail is sparse: flecks, or edges.
    """
    maps = opponents(wide(pictures))
    across, down = _differences(maps)
    differences = [across, down, across.diff(dim=2)]
    for _ in range(OCTAVES):
        maps = F.avg_pool2d(maps, 2)
        differences += _differences(maps)
    sizes = [
        torch.stack([(one.abs().mean((2, 3)) + FAINT).log(), (one.square().mean((2, 3)) + FAINT**2).log() / 2], dim=2)
        for one in differences
    ]
    return torch.stack(sizes, dim=1)


def detail_loss(pictures: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of the logarithms of :func:`detail`, of pictures (b 3 h w) and of a style (b 9 3 2).

    VGG's moments let a network match an artwork's fine contrast with red and cyan flecks that it does not have; two
    moments of each difference do not. Of colour only what is too much counts: where a photo has fewer edges between
    colours than the artwork, flecks would make up for them.
    """
    difference = detail(pictures) - target
    return torch.cat([difference[:, :, :1], difference[:, :, 1:].clamp_min(0)], 2).square().mean((1, 2, 3))


def _differences(maps: Tensor) -> list[Tensor]:
    return [maps.diff(dim=3), maps.diff(dim=2)]
