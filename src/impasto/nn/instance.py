"""Instance statistics as functions: normalising, scaling and shifting maps, and exchanging their statistics."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.nn.norm import EPSILON

__all__ = ["adain", "instance_norm", "moments"]


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation √(var + 1e-5) of every map (b c h w), each b c 1 1, in float32."""
    wide = x.float()
    mean = wide.mean((2, 3), keepdim=True)
    # In two passes: the difference of mean squares would lose its digits.
    variance = (wide - mean).square().mean((2, 3), keepdim=True)
    return mean, (variance + EPSILON).sqrt()


def instance_norm(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """scale · (x − μ)/√(σ² + 1e-5) + shift, μ and σ over a map's pixels (Ulyanov et al. 2016).

    x: b c h w; scale, shift: b or 1, c, 1, 1. The result has the type of x.
    """
    scale, shift = scale.to(x.dtype), shift.to(x.dtype)
    if torch.onnx.is_in_onnx_export():  # spelt so that engines fuse it
        return F.instance_norm(x, eps=EPSILON) * scale + shift
    variance, mean = torch.var_mean(x, (2, 3), keepdim=True, correction=0)
    scale = scale * torch.rsqrt(variance + EPSILON)
    return x * scale + (shift - mean * scale)


def adain(content: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Features (b c h w) with the given means and deviations (b c): Huang & Belongie 2017, eq. 8."""
    return instance_norm(content, std[:, :, None, None], mean[:, :, None, None])
