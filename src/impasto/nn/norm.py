"""Normalisations: instance statistics and what conditions them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-5


class ConditionalInstanceNorm(nn.Module):
    """Instance normalisation whose scale and shift are affine in a style code (Dumoulin et al. 2017, eq. 5).

    ``y = (1 + γ(code)) · (x − μ(x)) / √(σ²(x) + ε) + β(code)`` with μ, σ over a map's pixels; x: b c h w, code: b k.
    Sums run in float32 whatever the type of x.
    """

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.affine = nn.Linear(code_size, 2 * channels)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.affine(code)[:, :, None, None].chunk(2, dim=1)
        var, mean = torch.var_mean(x, (2, 3), keepdim=True, correction=0)
        scale = (1 + scale) * torch.rsqrt(var + EPSILON)
        return x * scale + (shift - mean * scale)
