"""What a layer's features hold whatever their place: mean, standard deviation and Gram matrix, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

EPSILON = 1e-5
_CHUNK = 1024


@dataclass(frozen=True)
class Statistics:
    """A layer's features whatever their place: mean (b c), standard deviation (b c), Gram matrix over h·w (b c c)."""

    mean: Tensor
    std: Tensor
    gram: Tensor

    @property
    def covariance(self) -> Tensor:
        """Covariances of the channels (b c c), divided by h·w: G − μμᵀ."""
        return self.gram - self.mean.unsqueeze(2) * self.mean.unsqueeze(1)


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
