"""From what ``impasto stylize`` was told to what :func:`impasto.inference.compose.compose` takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.cli.style_argument import encode_style, read_style, resolve_styles, split_weight
from impasto.errors import ImageError, UsageError
from impasto.image.mask import read_mask
from impasto.inference.codes import Code
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions, StylizeOptions

__all__ = ["composition_of", "split_mask", "style_for", "styles_of"]


def composition_of(options: StylizeOptions, stylizer: Stylizer) -> dict[str, Any]:
    """Every argument of ``compose`` but the stylizer and the photo; files are read and styles encoded once, here.

    Raises:
        UsageError: a mask argument is not FILE=STYLE.
        ImpastoError: a file cannot be read, or a style is none.
    """
    masks = [split_mask(mask) for mask in options.mask]
    palette = options.palette
    return {
        "style": _base(options, stylizer),
        "regions": [(_read_mask(file, "mask"), style_for(options, stylizer, style)) for file, style in masks],
        "feather": options.feather,
        "strength_map": None if options.strength_map is None else _read_mask(options.strength_map, "strength map"),
        "palette": None if palette is None else encode_style(stylizer, palette, options.style_size),
        "look": options,
    }


def style_for(look: LookOptions, stylizer: Stylizer, name: str) -> Code | NDArray[np.uint8]:
    """The style's code, or its picture where it is to be recoloured to each photo before it is encoded."""
    if look.color_when == "before":
        return read_style(stylizer, name)
    return encode_style(stylizer, name, look.style_size)


def _base(options: StylizeOptions, stylizer: Stylizer) -> Any:
    if not options.style:
        return None
    if options.color_when == "after":
        return resolve_styles(stylizer, options.style, options.style_size)
    pairs = [split_weight(style, stylizer) for style in options.style]
    return [(style_for(options, stylizer, name), weight) for name, weight in pairs]


def styles_of(options: StylizeOptions) -> Sequence[str]:
    """All style arguments, those of masks included, as they name a file."""
    return [*options.style, *(split_mask(mask)[1] for mask in options.mask)]


def split_mask(mask: str) -> tuple[str, str]:
    """The file and the style of ``FILE=STYLE``. Either may hold an ``=``: the first that follows a file's name counts.

    Raises:
        UsageError: it is not of that form.
    """
    places = [place for place, sign in enumerate(mask) if sign == "="]
    place = next((place for place in places if Path(mask[:place]).is_file()), places[0] if places else -1)
    file, style = mask[: max(place, 0)], mask[place + 1 :]
    if not file or not style:
        raise UsageError(f"mask is {mask!r}, expected FILE=STYLE, such as sky.png=starry-night")
    return file, style


def _read_mask(file: str, role: str) -> NDArray[np.float32]:
    try:
        return read_mask(file)
    except ImageError as error:
        raise ImageError(f"the {role} is of no use, {error}") from error
