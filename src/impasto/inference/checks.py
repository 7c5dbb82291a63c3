"""What is given to a stylizer is checked before anything is computed: one sentence says what was expected."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import EngineError, ImageError, UsageError
from impasto.image.given import pixels_of

__all__ = ["check_number", "check_picture", "check_process", "check_style"]

SMALLEST_STYLE = 256  # pixels, 16×16; in fewer there is no texture, only colour


def check_process(born: int) -> None:
    """Raise EngineError in a process that was forked from the one of that number, where an engine would hang."""
    if os.getpid() != born:
        raise EngineError(
            "this stylizer was made in another process, which was forked since; make a new one here, or begin "
            "processes with multiprocessing's 'spawn'"
        )


def check_number(name: str, value: Any, low: float, high: float) -> None:
    """Raise UsageError unless ``value`` is a number within the bounds."""
    if not isinstance(value, (int, float, np.number)) or not low <= value <= high:
        upto = f"from {low} to {high}" if math.isfinite(high) else f"of at least {low}"
        raise UsageError(f"{name} is {value!r}, expected a number {upto}")


def check_picture(picture: Any, role: str, types: tuple[type, ...] = (np.uint8,)) -> NDArray[Any]:
    """An array h×w×3 of one of the types as it is, or of what :func:`pixels_of` takes; else raise ImageError."""
    picture = pixels_of(picture)
    if not isinstance(picture, np.ndarray):
        raise ImageError(
            f"the {role} is a {type(picture).__name__}, expected a uint8 array of height×width×3, a path, a Pillow "
            "image or a Picture"
        )
    remedy = ""
    if picture.dtype.kind == "f":
        remedy = "; scale it to 0–255, round it and use astype(numpy.uint8)"
    elif picture.ndim == 2 or picture.shape[-1:] == (1,):
        remedy = "; repeat the grey channel three times"
    elif picture.ndim == 3 and picture.shape[-1] == 4:
        remedy = "; take its first three channels and keep alpha apart"
    elif picture.ndim == 4:
        remedy = "; give one picture at a time"
    if picture.dtype not in types or picture.ndim != 3 or picture.shape[2] != 3:
        raise ImageError(
            f"the {role} has shape {picture.shape} and type {picture.dtype}, "
            f"expected a uint8 array of height×width×3{remedy}"
        )
    if picture.size == 0:
        raise ImageError(f"the {role} has shape {picture.shape}: it holds no pixels")
    return picture


def check_style(picture: Any) -> NDArray[Any]:
    """:func:`check_picture` of a style, which also has pixels enough to have one."""
    pixels = check_picture(picture, "style")
    if pixels.shape[0] * pixels.shape[1] < SMALLEST_STYLE:
        raise ImageError(
            f"the style has {pixels.shape[1]}×{pixels.shape[0]} pixels, expected at least 16×16, as fewer hold "
            "no strokes; give a larger picture"
        )
    return pixels
