"""Where pixels become tensors and tensors pixels: uint8 b h w 3 outside, float b 3 h w in [0, 1] inside."""

from __future__ import annotations

import torch
from torch import Tensor


def from_border(pixels: Tensor) -> Tensor:
    """uint8 b h w 3 → float b 3 h w in [0, 1], channels last in memory as the pixels were."""
    return pixels.permute(0, 3, 1, 2).float() / 255


def to_border(pictures: Tensor) -> Tensor:
    """float b 3 h w → uint8 b h w 3, clipped and rounded."""
    return (pictures.clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1)
