"""What ``--style`` may say: ``starry-night``, ``artwork.jpg``, ``saved.npz``, each with ``:WEIGHT`` after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ImageError, UnknownName
from impasto.image.io import read_picture
from impasto.inference.codes import Code, is_code_file
from impasto.inference.stylizer import Stylizer

__all__ = ["encode_style", "label_of", "read_style", "resolve_styles", "split_weight"]

LONGEST_LABEL = 60


def resolve_styles(stylizer: Stylizer, styles: Sequence[str], size: int | None) -> Code:
    """The one style code that all ``--style`` arguments together ask for, float32[K + 12], or a learnt one.

    Raises:
        ImpastoError: one of them is no style.
    """
    pairs = [split_weight(style, stylizer) for style in styles]
    found = [encode_style(stylizer, name, size) for name, _ in pairs]
    return stylizer.mix(found, [weight for _, weight in pairs])


def split_weight(style: str, stylizer: Stylizer) -> tuple[str, float]:
    """The style's name or path, and its weight, 1 unless it is given.

    A file's name may hold colons, and a Windows path begins with one; so a weight is only what follows the last colon,
    if that is a number and what precedes it exists.
    """
    name, colon, weight = style.rpartition(":")
    if colon and not _exists(style, stylizer) and _exists(name, stylizer):
        try:
            return name, float(weight)
        except ValueError:
            pass
    return style, 1.0


def read_style(stylizer: Stylizer, name: str) -> Code | NDArray[np.uint8]:
    """The code of a preset or of a file, float32[K + 12], or a picture, uint8 h×w×3; a preset wins over a file."""
    if _is_preset(name, stylizer):
        return stylizer.preset_code(name)
    if not Path(name).exists():
        if re.search(r"[./\\]", name):
            raise ImageError(f"cannot read the style {name}: there is no such file, nor a preset of that name")
        presets = [preset.name for preset in stylizer.presets]
        raise UnknownName("style", name, presets, "run 'impasto styles' to list them, or give a picture's path")
    return stylizer.load_code(name) if is_code_file(name) else read_picture(name).visible


def encode_style(stylizer: Stylizer, name: str, size: int | None) -> Code:
    """The code of what :func:`read_style` finds, float32[K + 12]."""
    found = read_style(stylizer, name)
    try:
        return stylizer.resolve(found, size=size)
    except ImageError as error:
        raise ImageError(f"cannot use the style {name}: {error}") from None


def label_of(styles: Sequence[str], stylizer: Stylizer) -> str:
    """A part of a file name that says which styles were asked for."""
    names = [split_weight(style, stylizer)[0] for style in styles]
    stems = [name if _is_preset(name, stylizer) else Path(name).stem for name in names]
    return re.sub(r"[^\w.+-]+", "_", "+".join(stems))[:LONGEST_LABEL]


def _exists(name: str, stylizer: Stylizer) -> bool:
    return _is_preset(name, stylizer) or Path(name).exists()


def _is_preset(name: str, stylizer: Stylizer) -> bool:
    return any(preset.name == name for preset in stylizer.presets)
