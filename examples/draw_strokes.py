"""Draw ``pictures/strokes.jpg``: a made-up painting of short brush strokes along a swirling field, for the demo.

Run it again with other seeds and palettes for other styles; it needs nothing but what Impasto installs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 640
STROKES = 9000
PALETTE = ((22, 40, 92), (36, 92, 150), (92, 160, 190), (236, 186, 66), (222, 108, 48), (240, 226, 190), (120, 40, 60))


def draw(seed: int) -> Image.Image:
    """A square painting, RGB, ``SIDE`` px."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, SIDE, (5, 2))
    spins = rng.choice([-1.0, 1.0], 5)
    picture = Image.new("RGB", (SIDE, SIDE), PALETTE[0])
    pen = ImageDraw.Draw(picture)
    for x, y in rng.uniform(-20, SIDE + 20, (STROKES, 2)):
        away = np.array([x, y]) - centres
        distance = np.linalg.norm(away, axis=1) + 20
        weight = (1 / distance**2)[:, None]
        flow = (np.stack([-away[:, 1], away[:, 0]], axis=1) * spins[:, None] * weight / distance[:, None]).sum(0)
        flow /= np.linalg.norm(flow) + 1e-9
        nearest = distance.min()
        index = int(nearest / 34 + rng.normal(0, 0.8)) % len(PALETTE)
        color = tuple(int(np.clip(c + rng.normal(0, 14), 0, 255)) for c in PALETTE[index])
        length, width = rng.uniform(10, 26), int(rng.integers(3, 8))
        start, end = (
            (x - flow[0] * length / 2, y - flow[1] * length / 2),
            (x + flow[0] * length / 2, y + flow[1] * length / 2),
        )
        pen.line([start, end], fill=color, width=width)
    return picture.filter(ImageFilter.SMOOTH)


if __name__ == "__main__":
    draw(seed=4).save(Path(__file__).parent / "pictures" / "strokes.jpg", quality=88)
