"""A photo too large for memory, painted from file to file in parts; see ``docs/tiles.md``."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureTooLarge
from impasto.image.blend import blend, lerp
from impasto.image.color import color_statistics
from impasto.image.deep import in_profile
from impasto.image.io import DEEP_FORMATS, MAX_PIXELS, format_of, picture_shape
from impasto.image.large import (
    LARGE_FORMATS,
    LargePicture,
    count_pixels,
    open_large,
    scratch_picture,
    writing_large,
)
from impasto.image.levels import full_scale, to_8_bits
from impasto.image.recolor import RECOLORINGS, adjust
from impasto.image.regions import Enlarged, RawPicture, Regions
from impasto.image.resize import resize
from impasto.inference import codes
from impasto.inference.codes import Code
from impasto.inference.strokes import octaves, stroke_scale
from impasto.inference.stylizer import Stylizer, show_through
from impasto.inference.tiling import Part
from impasto.options import LookOptions

__all__ = ["LARGE_PIXELS", "Progress", "is_large", "paint_large_photo"]

Progress = Callable[[int, int], None]  # parts done, and of how many

LARGE_PIXELS = 24_500_000  # above it, files are painted without ever being in memory as a whole
LOCAL_COLORS = ("style", "photo-luminance", "photo-hue")  # which need no other pixel than the one they colour
THUMBNAIL = 1024  # short side of what a photo's own style is seen in


def is_large(source: Path, target: Path, painting: Mapping[str, Any], stylizer: Stylizer) -> bool:
    """Whether a photo is to be painted by :func:`paint_large_photo`.

    Raises:
        PictureTooLarge: it must be, as no memory could hold it, but something that was asked for needs it whole.
    """
    pixels = count_pixels(source)
    if pixels <= LARGE_PIXELS:
        return False
    obstacle = _obstacle(source, target, painting, stylizer)
    if obstacle is None and (pixels > MAX_PIXELS or importlib.util.find_spec("pyvips") is not None):
        return True
    if pixels > MAX_PIXELS:
        raise PictureTooLarge(f"{source} has {pixels:,} pixels and must be painted in parts, but {obstacle}")
    return False


def paint_large_photo(
    source: Path,
    target: Path,
    painting: Mapping[str, Any],
    stylizer: Stylizer,
    *,
    quality: int,
    overwrite: bool,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Paint from file to file in little memory; the height and width of the pastiche.

    Args:
        painting: the arguments of :func:`impasto.inference.compose.compose`, of which style, palette and look count.

    Raises:
        ImpastoError: it cannot be read, painted or written; nothing has been written then.
    """
    look: LookOptions = painting["look"]
    format_name = format_of(target)
    with open_large(source, target, size=look.size, deep=format_name in DEEP_FORMATS) as photo:
        height, width = photo.pixels.shape[:2]
        code = _code(stylizer, photo.pixels, painting)
        (first, *others), strength = octaves(height, width, stroke_scale(look, height, width))
        with ExitStack() as stack:
            if others:
                small = stack.enter_context(
                    open_large(source, target, size=max(first), deep=format_name in DEEP_FORMATS)
                )
                content: Regions = stylizer.stylize(resize(small.pixels[:, :], *first), code)
                for size in others[:-1]:
                    scratch = stack.enter_context(scratch_picture(target, size, content.dtype))
                    for part in _octave(stylizer, Enlarged(content, *size), content, code, strength):
                        scratch[part.rows, part.columns] = part.pixels
                    content = scratch
                parts = _octave(stylizer, Enlarged(content, height, width), content, code, strength)
            else:
                parts = stylizer.paint_parts(photo.pixels, stylizer.measure(photo.pixels, code))
            with writing_large(target, format_name, photo, quality=quality, overwrite=overwrite) as pastiche:
                for part in parts:
                    pastiche[part.rows, part.columns] = _finished(part, photo, look, with_alpha=pastiche.shape[2] == 4)
                    if progress is not None:
                        progress(part.number, part.total)
        return height, width


def _octave(stylizer: Stylizer, enlarged: Regions, before: Regions, code: Code, strength: float) -> Iterator[Part]:
    """An enlarged pastiche painted over with some strength, as :func:`paint_in_strokes` does it, part by part."""
    seen = _thumbnail(before)
    mixed = stylizer.at_strength(seen, code, strength)
    modulation = stylizer.measure(enlarged, mixed, content_color=color_statistics(seen))
    for part in stylizer.paint_parts(enlarged, modulation):
        under = enlarged[part.rows, part.columns]
        yield part._replace(pixels=lerp(part.pixels, under, show_through(strength)))


def _obstacle(source: Path, target: Path, painting: Mapping[str, Any], stylizer: Stylizer) -> str | None:
    """Why a photo cannot be painted in parts from file to file; None if it can."""
    look: LookOptions = painting["look"]
    if not stylizer.manifest.paints_parts:
        return f"the model {stylizer.manifest.name!r} cannot do that; export it again"
    if format_of(target) not in LARGE_FORMATS:
        return f"then only {', '.join(LARGE_FORMATS)} can be written; choose such a name with -o"
    if painting["regions"] or painting["strength_map"] is not None:
        return "masks need it whole; leave them out, or make the photo smaller"
    height, width = picture_shape(source) or (0, 0)
    if stroke_scale(look, height, width) < 1:
        return "strokes smaller than the model's need it whole; leave out --stroke, or make the photo smaller"
    local = look.recoloring in LOCAL_COLORS and (look.color_when == "after" or look.recoloring == "style")
    if not local:
        return f"its colours must then be among {', '.join(LOCAL_COLORS)}, given after painting"
    return None


def _code(stylizer: Stylizer, photo: RawPicture, painting: Mapping[str, Any]) -> codes.Code:
    """The code to paint with, as :func:`impasto.inference.compose.compose` makes it."""
    look: LookOptions = painting["look"]
    code = stylizer.resolve(painting["style"])
    if painting["palette"] is not None:
        code = codes.with_palette(code, *codes.color_of(stylizer.resolve(painting["palette"])))
    if look.strength == 1:
        return code
    own = codes.with_palette(stylizer.encode_style(_thumbnail(photo)), *color_statistics(photo))
    return codes.at_strength(own, code, look.strength)


def _finished(part: Part, photo: LargePicture, look: LookOptions, *, with_alpha: bool) -> NDArray[Any]:
    """A part of the pastiche with all that follows painting, in the profile and with the samples of the file."""
    content = photo.pixels[part.rows, part.columns]
    pixels: NDArray[Any] = part.pixels
    if look.recoloring != "style":
        pixels = RECOLORINGS[look.recoloring](pixels, content)
    pixels = adjust(pixels, look.saturation, look.brightness)
    if look.strength < 1:
        pixels = lerp(pixels, content, show_through(look.strength))
    if photo.profile is not None:
        pixels = in_profile(pixels, photo.profile)
    if photo.alpha is None:
        return pixels
    alpha: NDArray[Any] = photo.alpha[part.rows, part.columns]
    if with_alpha:
        return np.concatenate([pixels, alpha], axis=2)
    weight = alpha[..., 0].astype(np.float32) / np.float32(full_scale(alpha))
    colors: NDArray[Any] = pixels
    white: NDArray[Any] = np.full_like(colors, full_scale(colors))
    return blend(white, [(colors, weight)])


def _thumbnail(photo: Regions) -> NDArray[np.uint8]:
    """The photo made smaller by averaging blocks of pixels, a few rows at a time."""
    height, width = photo.shape[:2]
    block = max(1, min(height, width) // THUMBNAIL)
    columns = width // block * block
    rows = []
    for top in range(0, height // block * block, block):
        strip = photo[top : top + block, 0:columns].astype(np.float32)
        rows.append(strip.reshape(block, -1, block, 3).mean((0, 2)))
    small = np.stack(rows)
    return to_8_bits(np.rint(small).astype(photo.dtype))
