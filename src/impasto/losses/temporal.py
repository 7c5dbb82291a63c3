"""Steadiness learnt from still photos: a photo is moved, and its pastiche should have moved along."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def carried(pictures: Tensor, motions: Tensor, mode: str = "bicubic") -> tuple[Tensor, Tensor]:
    """Pictures (b c h w) moved by affine maps, and which of their pixels were in the picture before.

    Args:
        pictures: b c h w, float32.
        motions: b 2 3; where each pixel of the result comes from, in coordinates from -1 to 1 (``affine_grid``'s).
        mode: how pixels are interpolated, ``bilinear`` or ``bicubic``.

    Returns:
        The moved pictures (b c h w; beyond the border they are reflected), and a mask (b 1 h w; 1 where known, else 0).
    """
    grid = F.affine_grid(motions, list(pictures.shape), align_corners=False)
    moved = F.grid_sample(pictures, grid, mode=mode, padding_mode="reflection", align_corners=False)
    known = (grid.abs() <= 1).all(-1)[:, None]
    return moved, known.to(pictures.dtype)


def temporal_loss(pastiches: Tensor, moved: Tensor, known: Tensor) -> Tensor:
    """Σ m·(p − p′)² / (3 Σ m): pastiches p of moved photos, moved pastiches p′ (b 3 h w), known pixels m (b 1 h w).

    Source: the short-term consistency loss of Ruder et al., "Artistic style transfer for videos", 2016, with motion
    made up from still photos as in ReReVST (Wang et al. 2020), so that flow and occlusion are exact. Ours is a mean.
    """
    squared = (known * (pastiches - moved).square()).sum((1, 2, 3))
    return squared / (pastiches.shape[1] * known.sum((1, 2, 3)).clamp_min(1))
