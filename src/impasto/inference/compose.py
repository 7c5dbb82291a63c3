"""Painting with everything that an artist may ask for: regions, local strength, colours and strokes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.errors import StyleError
from impasto.image.blend import blend, lerp
from impasto.image.color import color_statistics
from impasto.image.given import Given
from impasto.image.levels import Depth, to_8_bits
from impasto.image.mask import fit_mask
from impasto.image.recolor import RECOLORINGS, adjust, greyed, match_histogram, match_linear
from impasto.inference import codes
from impasto.inference.codes import Code
from impasto.inference.strokes import paint_in_strokes, stroke_scale
from impasto.inference.stylizer import Style, Stylizer, fit_content
from impasto.options import LookOptions
from impasto.weights.difference import LearntCode

__all__ = ["compose"]

Mask: TypeAlias = ArrayLike
# Local strengths that are painted; those between are blended from their neighbours.
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def compose(
    stylizer: Stylizer,
    content: NDArray[Depth] | Given,
    style: Style | None = None,
    *,
    regions: Sequence[tuple[Mask, Style]] = (),
    feather: int = 0,
    strength_map: Mask | None = None,
    palette: Style | None = None,
    look: LookOptions | None = None,
) -> NDArray[Depth]:
    """Paint a photo: one style everywhere, or several, each in its region.

    Every style paints the whole photo and the pastiches are blended, so that inside its mask (beyond ``feather``) a
    region is exactly what its style alone would have painted.

    Args:
        stylizer: the model.
        content: uint8 or uint16 h×w×3, sRGB, or a path, a Pillow image or a Picture, as in :meth:`Stylizer.stylize`.
        style: as in :meth:`Stylizer.stylize`; what no mask covers is painted in it. If ``None``, that stays the photo.
        regions: masks and their styles. A mask is h×w of any size (it is stretched over the photo), float in [0, 1],
            uint8 or bool. Where masks sum to more than 1 they share the place in proportion.
        feather: pixels of the result over which the masks' edges fade to either side.
        strength_map: local strength, a mask too, by which ``look.strength`` is multiplied; 0 is the photo itself.
        palette: a style whose colours the pastiche takes instead of its own style's.
        look: strength, size, strokes and colours; the defaults of :class:`impasto.options.LookOptions` unless given.

    Returns:
        The pastiche, of the content's type, as high and wide as it or of the long side ``look.size``.

    Raises:
        ImageError, StyleError, UsageError, EngineError: as :meth:`Stylizer.stylize`; a mask is none.
    """
    look = LookOptions() if look is None else look
    if palette is not None and not stylizer.manifest.recolors:
        raise _without_palette(stylizer)
    photo = fit_content(content, look.size)
    height, width = photo.shape[:2]
    weights = [fit_mask(mask, height, width, feather) for mask, _ in regions]
    local = None if strength_map is None else fit_mask(strength_map, height, width)
    colors = None if palette is None else codes.color_of(stylizer.resolve(palette, size=look.style_size))

    def painted(wanted: Style) -> NDArray[Depth]:
        code = _code_for(stylizer, wanted, photo, look)
        if colors is not None:
            code = codes.with_palette(code, *colors)

        def at(share: float) -> NDArray[Depth]:
            return _paint(stylizer, photo, code, share * look.strength, look)

        return at(1.0) if local is None else _paint_locally(photo, local, at)

    base = photo if style is None else painted(style)
    if not regions:
        return base
    return blend(base, [(painted(wanted), weight) for (_, wanted), weight in zip(regions, weights, strict=True)])


def _paint(stylizer: Stylizer, photo: NDArray[Depth], code: Code, strength: float, look: LookOptions) -> NDArray[Depth]:
    code = stylizer.at_strength(photo, code, strength)
    recoloring = look.recoloring
    greyly = recoloring == "photo-luminance" and look.color_when == "before"
    scale = stroke_scale(look, *photo.shape[:2])
    pastiche = paint_in_strokes(stylizer, greyed(photo) if greyly else photo, code, scale)
    if greyly or (recoloring in RECOLORINGS and look.color_when == "after"):
        pastiche = RECOLORINGS[recoloring](pastiche, photo)
    pastiche = adjust(pastiche, look.saturation, look.brightness)
    return lerp(pastiche, photo, stylizer.photo_share(strength)) if strength < 1 else pastiche


def _paint_locally(
    photo: NDArray[Depth], local: NDArray[np.float32], at: Callable[[float], NDArray[Depth]]
) -> NDArray[Depth]:
    """The painting whose strength is ``local`` at each pixel, from paintings of the few strengths around."""
    at = cache(at)
    result = photo.copy()
    for low, high in pairwise(LEVELS):
        here = (local > low) & (local <= high)
        if not here.any():
            continue
        share = ((local[here] - low) / (high - low))[:, None]
        values = at(high)[here]
        if share.min() < 1:
            under = photo[here] if low == 0 else at(low)[here]
            values = np.rint(under + share * (values.astype(np.float32) - under)).astype(photo.dtype)
        result[here] = values
    return result


def _code_for(stylizer: Stylizer, style: Style, photo: NDArray[Depth], look: LookOptions) -> Code:
    """The style's code; with the photo's colours if it is to have them before painting (Gatys et al. 2016)."""
    if look.color_when == "after" or look.recoloring == "style":
        return stylizer.resolve(style, size=look.style_size)
    in_grey = look.recoloring == "photo-luminance"
    target = to_8_bits(greyed(photo) if in_grey else photo)
    match = match_histogram if look.recoloring == "photo-histogram" else match_linear

    def code_of(part: Any) -> Code:
        if isinstance(part, np.ndarray) and part.ndim == 3:
            return stylizer.encode_style(match(greyed(part) if in_grey else part, target), size=look.style_size)
        # Of a code there is no picture any more, but its colours can be exchanged.
        if not stylizer.manifest.recolors:
            raise _without_palette(stylizer)
        return codes.with_palette(stylizer.resolve(part), *color_statistics(target))

    return _mixed(stylizer, style, code_of)


def _without_palette(stylizer: Stylizer) -> StyleError:
    manifest = stylizer.manifest
    return StyleError(
        f"the model {manifest.name!r} ({manifest.family}) does not take colours apart from strokes; leave out "
        "--palette, give --color after painting, or use the default model"
    )


def _mixed(stylizer: Stylizer, style: Style, code_of: Callable[[Any], Code]) -> Code:
    opened = stylizer.open_style(style)
    if isinstance(opened, (np.ndarray, LearntCode)):
        return code_of(opened)
    try:
        pairs = [(code_of(stylizer.open_style(part)), weight) for part, weight in opened]
    except (TypeError, ValueError):
        return stylizer.resolve(style)  # which says what is wrong with it
    return stylizer.resolve(pairs)
