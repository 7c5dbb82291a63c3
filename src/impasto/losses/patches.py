"""The loss of style that compares patches: every 3×3 patch of the pastiche should be one of the style's."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.losses.pixels import pixels, places, wide

SIDE = 3
STYLE_PATCHES = 4096
PASTICHE_PATCHES = 2048
_CHUNK = 1024


@dataclass(frozen=True)
class Patches:
    """A style's patches (n, 9·c) and their lengths (n)."""

    values: Tensor
    lengths: Tensor


def patches(features: Tensor, most: int, generator: torch.Generator | None = None) -> Tensor:
    """At most ``most`` 3×3 patches (b n 9·c) of features (b c h w), from the same places of every picture."""
    b, _, h, w = features.shape
    across = w - SIDE + 1
    corner = places((h - SIDE + 1) * across, most, generator)
    first = corner // across * w + corner % across
    offsets = (torch.arange(SIDE).view(-1, 1) * w + torch.arange(SIDE)).flatten()
    return pixels(features).index_select(1, (first.view(-1, 1) + offsets).flatten()).view(b, len(corner), -1)


def style_patches(style: Tensor) -> Patches:
    """At most 4096 patches of a style's features (1 c h w)."""
    found = patches(style, STYLE_PATCHES)[0]
    return Patches(found, wide(found).norm(dim=1))


def nearest(found: Tensor, style: Patches) -> Tensor:
    """For each patch (n, 9·c) the index of the style's of largest normalised cross-correlation, 1024 at a time."""
    # A patch's own length does not change which of the style's wins; a flat 0 among the style's must not.
    scale = style.lengths.clamp_min(torch.finfo(style.lengths.dtype).tiny).reciprocal()
    return torch.cat([((rows @ style.values.T) * scale).argmax(1) for rows in found.split(_CHUNK)])


def patch_loss(features: Tensor, target: Patches, generator: torch.Generator | None = None) -> Tensor:
    """Mean squared distance of 3×3 patches from the style's patches of largest normalised cross-correlation.

    Li & Wand 2016, eq. 2–3, as a mean; of at most 2048 patches, drawn at every call, among at most 4096 of the style.
    """
    found = patches(features, PASTICHE_PATCHES, generator)
    with torch.no_grad():
        closest = target.values[nearest(found.flatten(0, 1), target)].view_as(found)
    return (wide(found) - wide(closest)).square().mean((1, 2))
