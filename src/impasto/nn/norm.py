"""Normalisations: instance statistics and what conditions them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

EPSILON = 1e-5


class _HalfNorm(torch.autograd.Function):
    """``a·x + b`` of the norm for half-precision maps, in passes over memory as few as its gradient allows.

    torch's variance of channels-last maps, and its float32 result, cost more than the convolutions around them.
    Sums are float32; with x̂ = (x − μ)/σ the gradient to x is a·(g − mean g − x̂ · mean(g·x̂)).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        b, c, h, w = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(b, h * w, c)
        wide = pixels.to(torch.promote_types(x.dtype, torch.float32))  # float64 stays, for checks of the gradient
        mean = wide.mean(1)
        square = wide.square().mean(1)
        inverse = torch.rsqrt((square - mean.square()).clamp_min(0) + EPSILON)
        a = scale * inverse
        y = torch.addcmul(_row(shift - mean * a, x), pixels, _row(a, x))
        ctx.save_for_backward(pixels, mean, inverse, scale)
        return y.view(b, h, w, c).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pixels, mean, inverse, scale = ctx.saved_tensors
        b, n, c = pixels.shape
        height, width = gradients[0].shape[2:]
        g = gradients[0].permute(0, 2, 3, 1).reshape(b, n, c)
        d_shift = g.sum(1, dtype=mean.dtype)
        d_scale = ((g * pixels).sum(1, dtype=mean.dtype) - mean * d_shift) * inverse
        a = scale * inverse
        slope = -a * inverse * d_scale / n
        constant = -a * d_shift / n - slope * mean
        d_x = torch.addcmul(_row(constant, g), pixels, _row(slope, g)).addcmul_(g, _row(a, g))
        return d_x.view(b, height, width, c).permute(0, 3, 1, 2), d_scale, d_shift


def _row(numbers: Tensor, like: Tensor) -> Tensor:
    return numbers.to(like.dtype).unsqueeze(1)


class ConditionalInstanceNorm(nn.Module):
    """Instance normalisation whose scale and shift are affine in a style code (Dumoulin et al. 2017, eq. 5).

    ``y = (1 + γ(code)) · (x − μ(x)) / √(σ²(x) + ε) + β(code)`` with μ, σ over a map's pixels; x: b c h w, code: b k.
    Sums run in float32 whatever the type of x; half-precision maps stay in their type.
    """

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.affine = nn.Linear(code_size, 2 * channels)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.affine(code).float().chunk(2, dim=1)
        if x.dtype == torch.bfloat16:
            normed: Tensor = _HalfNorm.apply(x, 1 + scale, shift)  # type: ignore[no-untyped-call]
            return normed
        scale, shift = scale[:, :, None, None], shift[:, :, None, None]
        var, mean = torch.var_mean(x, (2, 3), keepdim=True, correction=0)
        scale = (1 + scale) * torch.rsqrt(var + EPSILON)
        return x * scale + (shift - mean * scale)
