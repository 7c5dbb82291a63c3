"""The photo's colours on the pastiche, in several senses of the word, and how colourful and how bright a picture is.

Each takes and gives whole pictures of uint8 or uint16 h×w×3. docs/color.md shows them side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from impasto.errors import UsageError
from impasto.image.color import apply_affine, color_statistics, monge_kantorovich
from impasto.image.levels import Depth, full_scale, quantized, to_8_bits
from impasto.image.oklab import from_oklab, into_gamut, to_oklab

__all__ = [
    "RECOLORINGS",
    "adjust",
    "greyed",
    "linear_map",
    "match_histogram",
    "match_linear",
    "with_chroma",
    "with_hue",
]

GREY_CHROMA = 0.02  # of Oklab: about where hue becomes hard to name
ROUND_OFF = 1e-8
_BLOCK = 2**20  # pixels worked on at once, which keeps the floats small beside the picture
_NEIGHBOURHOOD = 2  # pixels each way, by which equal values are told apart


def with_chroma(pastiche: NDArray[Depth], photo: NDArray[Depth]) -> NDArray[Depth]:
    """The pastiche's lightness with the photo's chroma and hue: luminance-only transfer in Oklab.

    The idea is of Gatys et al. 2016 ("Preserving Color in Neural Artistic Style Transfer"), who use YIQ; in Oklab equal
    lightness also looks equally light. Chroma and hue are the photo's exactly, up to the rounding to levels. Where
    sRGB lacks a colour of that lightness and chroma, lightness gives way: it goes from the photo's towards the
    pastiche's as far as there are colours, which is always possible as the photo's own colour is one.

    Raises:
        UsageError: the pictures differ in shape.
    """

    def recolor(painted: NDArray[np.float32], own: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = own.copy()
        wanted[..., 0] = painted[..., 0]
        return into_gamut(wanted, own)

    return _in_oklab(recolor, pastiche, photo)


def with_hue(pastiche: NDArray[Depth], photo: NDArray[Depth]) -> NDArray[Depth]:
    """The pastiche's lightness and chroma in the photo's hues, in Oklab.

    Grey has no hue, so what is nearly grey in the photo (chroma far below 0.02) becomes grey instead of showing the hue
    of its noise. Where sRGB lacks a colour, chroma gives way; hue and lightness are kept.

    Raises:
        UsageError: the pictures differ in shape.
    """

    def recolor(painted: NDArray[np.float32], own: NDArray[np.float32]) -> NDArray[np.float32]:
        chroma, own_chroma = (np.hypot(lab[..., 1], lab[..., 2]) for lab in (painted, own))
        share = np.square(own_chroma) / (np.square(own_chroma) + GREY_CHROMA**2)
        wanted = painted.copy()
        wanted[..., 1:] = own[..., 1:] * (share * chroma / np.maximum(own_chroma, ROUND_OFF))[..., None]
        return into_gamut(wanted, _grey_of(wanted))

    return _in_oklab(recolor, pastiche, photo)


def match_histogram(pixels: NDArray[Depth], reference: NDArray[Depth]) -> NDArray[Depth]:
    """The picture with the reference's distribution of red, of green and of blue: exact histogram specification.

    The k-th smallest of a channel's n values becomes the reference's value at the quantile (k + 1/2) / n; of pictures
    with equally many pixels the histograms are then equal. Equal values are ordered by the mean around them (Coltuc et
    al. 2006, "Exact histogram specification", with one neighbourhood of 5×5) and then by place, so that a flat area
    becomes a gradient and not noise.
    """
    around = np.asarray(Image.fromarray(to_8_bits(pixels)).filter(ImageFilter.BoxBlur(_NEIGHBOURHOOD)))
    levels = full_scale(reference) + 1
    key: Any = np.uint16 if pixels.dtype == np.uint8 else np.uint32  # 16 bits are sorted much faster
    matched = np.empty_like(pixels)
    count = pixels.shape[0] * pixels.shape[1]
    for channel in range(3):
        order = np.argsort((pixels[..., channel].astype(key) << 8 | around[..., channel]).ravel(), kind="stable")
        totals = np.cumsum(np.bincount(reference[..., channel].ravel(), minlength=levels))
        ranks = (np.arange(count, dtype=np.float64) + 0.5) * (totals[-1] / count)
        values = np.empty(count, pixels.dtype)
        values[order] = np.searchsorted(totals, ranks, side="right")
        matched[..., channel] = values.reshape(matched.shape[:2])
    return matched


def match_linear(pixels: NDArray[Depth], reference: NDArray[Depth]) -> NDArray[Depth]:
    """The picture recoloured by :func:`linear_map`, clipped to the gamut."""
    matrix = linear_map(pixels, reference)

    def recolor(block: NDArray[Depth]) -> NDArray[Depth]:
        return _rounded(apply_affine(block.astype(np.float32) / full_scale(block), matrix), block.dtype)

    return _by_rows(recolor, pixels)


def linear_map(pixels: NDArray[Depth], reference: NDArray[Depth]) -> NDArray[np.float32]:
    """The affine recolouring that gives a picture the reference's mean and covariance of colour, moving it least.

    The one of :func:`impasto.image.color.monge_kantorovich`, with no more regularisation than rounding needs: mean and
    covariance are reached, unless a direction of colour would have to be stretched more than four times. (CORAL,
    Sun et al. 2016, reaches the same statistics by another square root, which turns colours more than it needs to.)

    Returns:
        float32[3, 4] for :func:`impasto.image.color.apply_affine`, in units of [0, 1].
    """
    return monge_kantorovich(*color_statistics(pixels), *color_statistics(reference), regularization=ROUND_OFF)


def adjust(pixels: NDArray[Depth], saturation: float = 1.0, brightness: float = 1.0) -> NDArray[Depth]:
    """A picture more or less colourful and bright, in Oklab.

    Args:
        pixels: uint8 or uint16 h×w×3.
        saturation: factor of chroma, from 0, grey. Where sRGB lacks a colour, it is as colourful as can be.
        brightness: lightness L becomes L^(1/brightness), so that black and white stay where they are.

    Returns:
        a picture of the same type; the very same array if both are 1.
    """
    if saturation == brightness == 1:
        return pixels

    def change(lab: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = lab * np.float32(saturation)
        wanted[..., 0] = np.clip(lab[..., 0], 0, 1) ** np.float32(1 / brightness)
        return into_gamut(wanted, _grey_of(wanted))

    return _in_oklab(change, pixels)


def greyed(pixels: NDArray[Depth]) -> NDArray[Depth]:
    """The picture without colour, its lightness in Oklab kept; still of three channels."""
    return adjust(pixels, saturation=0)


# What --color may say: pastiche and photo in, the pastiche in the photo's colours out.
RECOLORINGS: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "photo-luminance": with_chroma,
    "photo-histogram": match_histogram,
    "photo-linear": match_linear,
    "photo-hue": with_hue,
}


def _in_oklab(recolor: Callable[..., NDArray[np.float32]], *pictures: NDArray[Depth]) -> NDArray[Depth]:
    def block(*parts: NDArray[Depth]) -> NDArray[Depth]:
        lab = (to_oklab(part.astype(np.float32) / full_scale(part)) for part in parts)
        return _rounded(from_oklab(recolor(*lab)), parts[0].dtype)

    return _by_rows(block, *pictures)


def _by_rows(function: Callable[..., NDArray[Depth]], *pictures: NDArray[Depth]) -> NDArray[Depth]:
    """What a function of pixels makes of pictures, a few rows at a time."""
    first = pictures[0]
    if any(picture.shape != first.shape for picture in pictures):
        shapes = " and ".join(str(picture.shape) for picture in pictures)
        raise UsageError(f"the pictures have the shapes {shapes}, expected the same shape")
    result = np.empty_like(first)
    rows = max(1, _BLOCK // first.shape[1])
    for top in range(0, first.shape[0], rows):
        part = slice(top, top + rows)
        result[part] = function(*(picture[part] for picture in pictures))
    return result


def _grey_of(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    grey = np.zeros_like(lab)
    grey[..., 0] = lab[..., 0]
    return grey


def _rounded(rgb: NDArray[np.float32], dtype: np.dtype[Depth]) -> NDArray[Depth]:
    return quantized(rgb * np.float32(np.iinfo(dtype).max), dtype)
