"""Losses of content: features (b c h w) of the pastiche against those of the photo, place by place."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.losses.moments import EPSILON
from impasto.losses.pixels import wide


def gatys_content_loss(features: Tensor, target: Tensor) -> Tensor:
    """½ Σ (F − P)² (Gatys et al. 2016, eq. 1); it grows with the picture."""
    return (wide(features) - wide(target)).square().sum((1, 2, 3)) / 2


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features (Johnson et al. 2016, eq. 2)."""
    return (wide(features) - wide(target)).square().mean((1, 2, 3))


def instance_normalised_content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of instance-normalised features: what is where, whatever the channels' contrast.

    (F − μ)/√(var + 1e-5) of every channel of every picture (Huang et al. 2018, MUNIT's perceptual loss).
    """
    return (_normalised(features) - _normalised(target)).square().mean((1, 2, 3))


def _normalised(features: Tensor) -> Tensor:
    variance, mean = torch.var_mean(wide(features), (2, 3), correction=0, keepdim=True)
    return (wide(features) - mean) * (variance + EPSILON).rsqrt()
