"""Losses of identity: where photo and style are one picture, the pastiche should be that picture.

Park & Lee 2019 (SANet), identity loss, as means; the paper's weights of its two terms are a recipe's concern.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from impasto.losses.content import content_loss
from impasto.losses.pixels import wide


def identity_loss(pastiches: Tensor, pictures: Tensor) -> Tensor:
    """Mean squared difference of pixels; pictures b 3 h w."""
    return (wide(pastiches) - wide(pictures)).square().mean((1, 2, 3))


def identity_feature_loss(features: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """Sum over layers of the mean squared difference of features (b c h w) of the same names."""
    return torch.stack([content_loss(features[layer], targets[layer]) for layer in targets]).sum(0)
