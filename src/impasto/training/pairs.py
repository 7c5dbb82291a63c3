"""Batches of photos and styles for the recipes of the literature, each a pure function of the seed and the step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.image.levels import Pixels
from impasto.training.augmentation import Augmentation
from impasto.training.data import PictureFolder

__all__ = ["PairBatch", "Pairs"]

STREAM = 2  # of random numbers: the default recipe's batches have their own


@dataclass(frozen=True)
class PairBatch:
    """The pairs of one step."""

    step: int
    content: Pixels
    """b h w 3."""
    styles: NDArray[np.int64]
    """b: which of the artworks each is painted in."""
    style: Pixels | None = None
    """b h w 3: random views of those artworks, if they were asked for."""


@dataclass(frozen=True)
class Pairs:
    """Draws (photo, style) pairs.

    Attributes:
        first_style: styles before it are never drawn.
        with_views: draw a random view of each style as well, for networks that look at it.
    """

    content: PictureFolder
    style: PictureFolder
    seed: int
    augmentation: Augmentation
    first_style: int = 0
    with_views: bool = True

    def draw(self, step: int, size: int, side: int) -> PairBatch:
        """The batch of a step: ``size`` pairs with views of ``side`` px."""
        rng = np.random.default_rng([self.seed, STREAM, step])
        photos = rng.integers(len(self.content), size=size)
        styles = rng.integers(self.first_style, len(self.style), size=size)
        content = [self.augmentation.view(self.content.pictures[photo], side, rng, recolor=True) for photo in photos]
        if not self.with_views:
            return PairBatch(step, np.stack(content), styles)
        views = [self.augmentation.view(self.style.pictures[style], side, rng) for style in styles]
        return PairBatch(step, np.stack(content), styles, np.stack(views))
