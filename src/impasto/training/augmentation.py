"""Random views of pictures: crops of any scale, mirrored, with other light and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance

from impasto.image.levels import Pixels
from impasto.image.mask import LUMA

__all__ = ["Augmentation", "tinted"]

LEAST_WASHED, TINT, SHIFT = 0.3, 0.5, 0.1
ENHANCERS = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)


@dataclass(frozen=True)
class Augmentation:
    """What is left to chance."""

    scale: float = 4.0
    """The largest square that a crop may show, in sides of the crop."""
    flip: bool = True
    color: float = 0.0
    """The most by which brightness, contrast and saturation change, as a part of themselves."""

    def view(self, pixels: Pixels, side: int, rng: np.random.Generator, *, recolor: bool = False) -> Pixels:
        """A random square of a picture (uint8 h×w×3), resized to ``side``; enlarged if the picture is smaller."""
        height, width = pixels.shape[:2]
        largest = min(height, width)
        window = int(side * np.exp(rng.uniform(0, np.log(self.scale))))
        window = min(max(window, side), largest)
        top, left = int(rng.integers(height - window + 1)), int(rng.integers(width - window + 1))
        square = pixels[top : top + window, left : left + window]
        if self.flip and rng.random() < 0.5:
            square = square[:, ::-1]
        picture = Image.fromarray(np.ascontiguousarray(square))
        if window != side:
            # Pillow's bicubic widens its kernel when it shrinks: antialiased both ways.
            picture = picture.resize((side, side), Image.Resampling.BICUBIC)
        if recolor and self.color:
            for enhancer in ENHANCERS:
                picture = enhancer(picture).enhance(1 + rng.uniform(-self.color, self.color))
        return np.asarray(picture)


def tinted(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture (uint8 h×w×3) whose colours are replaced, in part or all, by shades of one tint."""
    share = np.float32(rng.uniform(LEAST_WASHED, 1))
    tint = rng.uniform(1 - TINT, 1 + TINT, 3).astype(np.float32)
    shift = np.float32(255 * rng.normal(0, SHIFT))
    mixed = (1 - share) * pixels + share * ((pixels @ LUMA)[..., None] * tint + shift)
    return mixed.round().clip(0, 255).astype(np.uint8)
