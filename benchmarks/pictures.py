"""Made-up pictures: the same on every machine and in every environment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def picture(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """Waves of colour under a little noise, uint8 h×w×3."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [127 + 90 * np.sin((x * across + y * down) / 40) for across, down in rng.uniform(-1, 1, (3, 2))]
    noisy = np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)
