"""Losses of content: features of the pastiche against those of the photo, place by place."""

from __future__ import annotations

from torch import Tensor


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features (Johnson et al. 2016, eq. 2)."""
    return (features.float() - target.float()).square().mean((1, 2, 3))
