"""How long a model takes to paint a photo on this machine."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from impasto.inference.stylizer import Stylizer

__all__ = ["SIDE", "paint_milliseconds"]

SIDE = 512
REPEATS = 5


def paint_milliseconds(stylizer: Stylizer) -> dict[str, Any]:
    """The median time that painting 512² takes, without encoding a style, and what did it.

    Returns:
        ``{"milliseconds_512": 41.5, "engine": "openvino", "device": "cpu"}``.
    """
    photo = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    code = stylizer.preset_code(stylizer.presets[0].name) if stylizer.presets else stylizer.encode_style(photo)
    seconds = []
    for _ in range(REPEATS + 1):  # the first compiles and allocates
        began = time.perf_counter()
        stylizer.stylize(photo, code)
        seconds.append(time.perf_counter() - began)
    found = round(1000 * statistics.median(seconds[1:]), 1)
    return {"milliseconds_512": found, "engine": stylizer.engine.name, "device": stylizer.engine.device}
