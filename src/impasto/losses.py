"""The field's losses, as pure functions of features: formula, source, and nothing about weights.

Features are ``b c h w`` with float32 or bfloat16 elements; every loss is a float32 tensor of shape ``b`` (one value a
picture), so that a recipe may weigh pictures as well as terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

EPSILON = 1e-5
_CHUNK = 1024


@dataclass(frozen=True)
class Statistics:
    """A layer's features whatever their place: mean (b c), standard deviation (b c), Gram matrix over h·w (b c c)."""

    mean: Tensor
    std: Tensor
    gram: Tensor


class _Moments(torch.autograd.Function):
    """First and second moments of channels-last features in one pass of matrix products.

    Its gradient ``x (∂G + ∂Gᵀ) + ∂μ`` is a second one; written out because autograd's chain of element-wise passes over
    half-precision maps costs several times the convolutions on a CPU. Chunks keep the rounding of a bfloat16 product at
    2⁻⁹/√chunks.
    """

    @staticmethod
    def forward(ctx: Any, pixels: Tensor) -> tuple[Tensor, Tensor]:
        b, n, c = pixels.shape
        wide = torch.promote_types(pixels.dtype, torch.float32)  # float64 stays, for checks of the gradient
        chunk = _CHUNK if n % _CHUNK == 0 and pixels.dtype != torch.float32 else n
        pieces = pixels.reshape(b * (n // chunk), chunk, c)
        gram = torch.bmm(pieces.transpose(1, 2), pieces).view(b, n // chunk, c, c).to(wide).sum(1) / n
        mean = pieces.sum(1, dtype=wide).view(b, n // chunk, c).sum(1) / n
        ctx.save_for_backward(pixels)
        return mean, gram

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (pixels,) = ctx.saved_tensors
        d_mean, d_gram = gradients
        n = pixels.shape[1]
        d_gram = ((d_gram + d_gram.transpose(1, 2)) / n).to(pixels.dtype)
        return torch.baddbmm((d_mean / n).to(pixels.dtype).unsqueeze(1), pixels, d_gram)


def statistics(features: Tensor) -> Statistics:
    """Mean, standard deviation √(var + 1e-5) and Gram matrix F Fᵀ/(h·w) of features (b c h w)."""
    b, c, h, w = features.shape
    pixels = features.permute(0, 2, 3, 1).reshape(b, h * w, c)
    mean, gram = _Moments.apply(pixels)  # type: ignore[no-untyped-call]  # torch has not annotated it
    variance = gram.diagonal(dim1=1, dim2=2) - mean.square()
    return Statistics(mean, (variance.clamp_min(0) + EPSILON).sqrt(), gram)


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features (Johnson et al. 2016, eq. 2)."""
    return (features.float() - target.float()).square().mean((1, 2, 3))


def moment_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean_c (μ − μ')² + mean_c (σ − σ')² (Huang & Belongie 2017, eq. 13, per element instead of an Euclidean norm)."""
    return (features.mean - target.mean).square().mean(1) + (features.std - target.std).square().mean(1)


def relative_gram_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean (G − G')² / mean G'²: Gatys et al. 2016, eq. 4–5, relative, so that no layer and no violent style rules."""
    return (features.gram - target.gram).square().mean((1, 2)) / target.gram.square().mean((1, 2))


def total_variation(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, down and across (Johnson et al. 2016, section 3.2, squared)."""
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).square().mean((1, 2, 3))
    across = (pictures[..., 1:] - pictures[..., :-1]).square().mean((1, 2, 3))
    return down + across


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
