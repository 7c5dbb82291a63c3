"""Impasto paints photos in the manner of any artwork, on a CPU.

>>> from impasto import Stylizer
>>> stylizer = Stylizer.load()
>>> pastiche = stylizer.stylize(photo, "starry-night")  # uint8 h×w×3 in, the same out

Importing this package imports nothing else: each public name is fetched when it is first used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# ONNX Runtime begins to record its use in the home folder while it is imported, so this comes before any import of it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from impasto.batch.files import paint_files
    from impasto.errors import (
        CheckpointError,
        EngineError,
        ImageError,
        ImpastoError,
        MissingExtra,
        OptimizeError,
        OutputExists,
        PictureTooLarge,
        StyleError,
        TrainingError,
        UnknownName,
        UsageError,
        VideoError,
        WeightsError,
    )
    from impasto.image.io import Picture, read_picture, write_picture
    from impasto.inference.compose import compose
    from impasto.inference.stylizer import Stylizer
    from impasto.options import LookOptions, StylizeOptions
    from impasto.weights.presets import Preset

__all__ = [
    "CheckpointError",
    "EngineError",
    "ImageError",
    "ImpastoError",
    "LookOptions",
    "MissingExtra",
    "OptimizeError",
    "OutputExists",
    "Picture",
    "PictureTooLarge",
    "Preset",
    "StyleError",
    "StylizeOptions",
    "Stylizer",
    "TrainingError",
    "UnknownName",
    "UsageError",
    "VideoError",
    "WeightsError",
    "__version__",
    "compose",
    "paint_files",
    "read_picture",
    "write_picture",
]

_HOMES = {
    "LookOptions": "impasto.options",
    "Picture": "impasto.image.io",
    "Preset": "impasto.weights.presets",
    "Stylizer": "impasto.inference.stylizer",
    "StylizeOptions": "impasto.options",
    "compose": "impasto.inference.compose",
    "paint_files": "impasto.batch.files",
    "read_picture": "impasto.image.io",
    "write_picture": "impasto.image.io",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module, metadata

    if name == "__version__":
        value: Any = metadata.version("impasto")
    elif name in __all__:
        value = getattr(import_module(_HOMES.get(name, "impasto.errors")), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value  # the next use finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
