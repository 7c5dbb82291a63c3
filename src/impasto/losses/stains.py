"""Colour that nothing gives a reason for, such as rust on a cheek, and colour that has faded."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.losses.pixels import FAINT, opponents, wide

OCTAVES = 3
ALLOWED = 1.25
"""How much stronger than the recoloured photo's the colour of a mark may be."""
_NEAR = 3


def color_bands(pictures: Tensor) -> tuple[Tensor, ...]:
    """How far the colours of pictures (b 3 h w) differ from their surroundings', b 1 h w at 1/2, 1/4 and 1/8.

    The length of B − Y and R − Y in each level of a Laplacian pyramid (Burt & Adelson 1983): blobs of 2 to 4, of 4 to
    8 and of 8 to 16 pixels.
    """
    colors = F.avg_pool2d(opponents(wide(pictures))[:, 1:], 2)
    bands = []
    for _ in range(OCTAVES):
        coarse = F.avg_pool2d(colors, 2)
        around = F.interpolate(coarse, size=colors.shape[2:], mode="bilinear", align_corners=False)
        bands.append(((colors - around).square().sum(1, keepdim=True) + 1e-10).sqrt())
        colors = coarse
    return tuple(bands)


def colorfulness(pictures: Tensor) -> Tensor:
    """Means of :func:`color_bands`: b 3."""
    return torch.stack([one.mean((1, 2, 3)) for one in color_bands(pictures)], 1)


def stain_loss(pictures: Tensor, recolored: Tensor, styles: Tensor) -> Tensor:
    """Root mean square of the colour of pictures (b 3 h w) that nothing accounts for, mean of three sizes: b values.

    Accounted for is what the recoloured photo (b 3 h w) has beside it, a quarter more, and everywhere what the artwork
    has on average (``styles``, its :func:`colorfulness`). Moments of deep features reward a red spot anywhere for a red
    roof in the artwork; people see dirt.
    """
    terms = []
    for index, (mine, photo) in enumerate(zip(color_bands(pictures), color_bands(recolored), strict=True)):
        near = F.max_pool2d(photo, _NEAR, 1, _NEAR // 2)
        allowed = ALLOWED * near + styles[:, index].view(-1, 1, 1, 1)
        terms.append(((mine - allowed).clamp_min(0).square().mean((1, 2, 3)) + 1e-10).sqrt())
    return torch.stack(terms).mean(0)


def fading_loss(pictures: Tensor, recolored: Tensor, styles: Tensor) -> Tensor:
    """Mean squared logarithm of how much less colourful pictures (b 3 h w) are than they could be, at three sizes.

    They could be as colourful (:func:`colorfulness`, b 3) as the recoloured photo (b 3 h w) or as the artwork
    (``styles``), whichever is less. Without this a network that may not make stains paints in grey and brown. b values.
    """
    wanted = torch.minimum(colorfulness(recolored), styles)
    return ((wanted + FAINT).log() - (colorfulness(pictures) + FAINT).log()).clamp_min(0).square().mean(1)
