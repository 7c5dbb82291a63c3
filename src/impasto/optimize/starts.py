"""The picture that painting begins with, and how a picture goes from one scale to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import UsageError
from impasto.image.levels import Pixels
from impasto.image.resize import resize
from impasto.nn.border import from_border
from impasto.optimize.options import STARTS, OptimizeOptions

__all__ = ["first_picture", "resample"]


def first_picture(
    options: OptimizeOptions,
    height: int,
    width: int,
    *,
    photo: Pixels,
    styles: Sequence[tuple[Pixels, float]],
    start: Pixels | None = None,
) -> Tensor:
    """1 3 height width, float32, in [0, 1]: as ``options.init`` says, or ``start`` if that is given.

    Raises:
        UsageError: ``init`` names a model or a file, whose picture only the caller can give.
    """
    if start is not None:
        return _fitted(start, height, width)
    if options.init == "photo":
        return _fitted(photo, height, width)
    if options.init == "style":
        heaviest, _ = max(styles, key=lambda pair: pair[1])
        return _fitted(_cropped(heaviest, height / width), height, width)
    if options.init == "noise":
        draws = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(options.seed))
        return (0.5 + options.noise * draws).clamp_(0, 1)
    if options.init in ("black", "white"):
        return torch.full((1, 3, height, width), float(options.init == "white"))
    raise UsageError(
        f"the init {options.init!r} is none of {', '.join(STARTS)}: give the picture to begin with as start"
    )


def resample(picture: Tensor, height: int, width: int) -> Tensor:
    """A picture (1 3 h w, in [0, 1]) at another size, bicubically."""
    return F.interpolate(picture, (height, width), mode="bicubic", align_corners=False).clamp_(0, 1)


def _fitted(pixels: Pixels, height: int, width: int) -> Tensor:
    return from_border(torch.from_numpy(np.array(resize(pixels, height, width)))[None]).contiguous()


def _cropped(pixels: Pixels, aspect: float) -> Pixels:
    """The largest centred part whose height is ``aspect`` times its width."""
    height, width = pixels.shape[:2]
    new_height, new_width = min(height, round(width * aspect)), min(width, round(height / aspect))
    top, left = (height - new_height) // 2, (width - new_width) // 2
    return pixels[top : top + max(1, new_height), left : left + max(1, new_width)]
