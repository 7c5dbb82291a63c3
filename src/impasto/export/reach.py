"""How far a painter sees: what a part of a picture must have around it to be painted as in the whole."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.export.graphs import Measure, PaintFixed
from impasto.models.painter import Painter

__all__ = ["measure_halo"]

STEP = 32  # pixels, the largest multiple of a painter
INVISIBLE = 0.1 / 255


@torch.no_grad()
def measure_halo(painter: Painter, content: Tensor, code: Tensor) -> int:
    """Pixels from a cut beyond which no value of the pastiche changes by a tenth of a level, a multiple of 32.

    Measured, as convolutions upon convolutions could see two or three times as far as they do.

    Args:
        content: 1 h w 3 uint8, a picture whose half is wide enough to hold the halo; sides are multiples of 64.
        code: 1 k.
    """
    recolor = torch.eye(3, 4)[None]
    origin = torch.zeros(1, 2, dtype=torch.int64)
    modulation = Measure(painter).eval()(content, code, recolor, torch.zeros(1, dtype=torch.int64), origin)
    fixed = PaintFixed(painter).eval().painter
    floats = content.permute(0, 3, 1, 2).float() / 255
    half = content.shape[2] // 2
    whole, part = (fixed(one, modulation, recolor, origin) for one in (floats, floats[..., :half]))
    changed = (whole[..., :half] - part).abs().amax((0, 1, 2)) > INVISIBLE
    reach = half - int(changed.nonzero().min()) if changed.any() else 0
    return max(STEP, -(-reach // STEP) * STEP)
