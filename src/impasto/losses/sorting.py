"""Losses of style that sort: histograms of channels, and of random projections (sliced Wasserstein).

In one dimension the best transport joins equals in rank: both are mean squared distances from the style's quantiles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto.losses.pixels import REMEMBERED, draw, pixels, seeded, wide


class _SortedDistance(torch.autograd.Function):
    """Mean squared distance of rows of values (b k n) from their targets in order of rank (k n): b.

    By hand because NumPy sorts several times as fast as torch on a CPU, and to hold one map besides the values.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, ranked: Tensor) -> Tensor:
        distance = torch.empty_like(values)
        for picture, into in zip(values.numpy(), distance.numpy(), strict=True):
            for row, target, moved in zip(picture, ranked.numpy(), into, strict=True):
                order = row.argsort()
                moved[order] = row[order] - target
        ctx.save_for_backward(distance)
        return distance.square().mean((1, 2))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (distance,) = ctx.saved_tensors
        return distance * (gradients[0] * 2 / distance[0].numel()).view(-1, 1, 1), None


def sorted_rows(values: Tensor) -> Tensor:
    """Every row (last dimension) in ascending order, without a gradient."""
    return torch.from_numpy(np.sort(values.detach().numpy(), axis=-1))


def quantiles(ranked: Tensor, count: int) -> Tensor:
    """Sorted rows (k n) at ``count`` ranks: element i of m stands at (i + ½)/m, between two a line."""
    size = ranked.shape[1]
    if size == count:
        return ranked
    at = ((torch.arange(count, dtype=torch.float64) + 0.5) * (size / count) - 0.5).clamp(0, size - 1)
    below = at.long()
    above = (below + 1).clamp_max(size - 1)
    return torch.lerp(ranked[:, below], ranked[:, above], (at - below).to(ranked.dtype))


def histogram_target(style: Tensor) -> Tensor:
    """The sorted values of each channel (c n) of a style's features (1 c h w), of at most 65 536 pixels."""
    return sorted_rows(draw(style, REMEMBERED)[0].T.contiguous())


def histogram_loss(features: Tensor, target: Tensor) -> Tensor:
    """mean (F − R(F))²: R gives every element the style's value of equal rank in its channel, and has no gradient.

    Risser et al. 2017, histogram loss; exact by sorting where the paper has bins, and a mean where it sums.
    """
    values = wide(features).flatten(2).contiguous()
    return _SortedDistance.apply(values, quantiles(target, values.shape[2]))  # type: ignore[no-untyped-call]


def sliced_wasserstein_loss(features: Tensor, target: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Mean over c directions of the squared distance of sorted projections (Heitz et al. 2021, section 3).

    ``target`` is pixels (1 n c). Directions are drawn at every call, orthogonal to each other where the paper's are
    independent, which makes a shift's loss exact. Sizes that differ meet at quantiles.
    """
    channels = features.shape[1]
    drawn = torch.randn(channels, channels, generator=seeded(generator), dtype=target.dtype)
    directions = torch.linalg.qr(drawn).Q.T
    ranked = sorted_rows(directions @ target[0].T)
    values = directions @ wide(pixels(features)).mT
    return _SortedDistance.apply(values, quantiles(ranked, values.shape[2]))  # type: ignore[no-untyped-call]
