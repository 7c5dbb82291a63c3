"""A picture to try a model on, made of nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["probe"]


def probe(height: int, width: int, *, seed: int) -> NDArray[np.uint8]:
    """A made-up picture with waves, gradients and a little noise, uint8 h×w×3."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin((x * a + y * b) / 9) for a, b in rng.uniform(-1, 1, (3, 2))]
    picture = 127 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)
