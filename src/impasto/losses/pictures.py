"""Losses of pictures themselves, b 3 h w in [0, 1]: smoothness, range, structure."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def total_variation(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, down and across (Johnson et al. 2016, section 3.2, squared)."""
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).square().mean((1, 2, 3))
    across = (pictures[..., 1:] - pictures[..., :-1]).square().mean((1, 2, 3))
    return down + across


def isotropic_total_variation(pictures: Tensor) -> Tensor:
    """mean √(dx² + dy² + 1e-8) over pixels with a neighbour down and one across (Rudin et al. 1992).

    Unlike the squared form it asks no more for one steep edge than for a slope of the same height.
    """
    down = pictures[..., 1:, :-1] - pictures[..., :-1, :-1]
    across = pictures[..., :-1, 1:] - pictures[..., :-1, :-1]
    return (down.square() + across.square() + 1e-8).sqrt().mean((1, 2, 3))


def grid_penalty(pictures: Tensor, period: int = 4, cells: int = 8) -> Tensor:
    """How much of a pattern repeats every ``period`` pixels: what a pixel-shuffle leaves, and no stroke does.

    The mean square, over windows of ``cells`` × ``cells`` periods and the places in a period, of a window's mean of
    p − (the mean of p over 3×3 pixels), which is 0 for edges that lie here and there, and for slopes. Sides of the
    pictures are multiples of the period and hold at least so many cells.
    """
    smooth = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    places = F.pixel_unshuffle(pictures - smooth, period)
    return F.avg_pool2d(places, cells, stride=cells // 2).square().mean((1, 2, 3))


def range_penalty(pictures: Tensor) -> Tensor:
    """Mean squared distance of pixels from the range [0, 1]."""
    return (pictures - pictures.clamp(0, 1)).square().mean((1, 2, 3))


def structural_dissimilarity(pictures: Tensor, targets: Tensor, window: int = 7) -> Tensor:
    """1 − SSIM of luma, uniform window (Wang et al. 2004, eq. 13; Rec. 601 luma). Pictures b 3 h w in [0, 1]."""
    weights = pictures.new_tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)
    x, y = (pictures * weights).sum(1, keepdim=True), (targets * weights).sum(1, keepdim=True)
    maps = F.avg_pool2d(torch.cat([x, y, x * x, y * y, x * y], 1), window, stride=1)
    mx, my, xx, yy, xy = maps.unbind(1)
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mx * my + c1) * (2 * (xy - mx * my) + c2)
    return 1 - (similarity / ((mx * mx + my * my + c1) * (xx - mx * mx + yy - my * my + c2))).mean((1, 2))
