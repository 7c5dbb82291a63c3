"""Oklab, a colour space in which lightness, chroma and hue are what the eye takes them for, and sRGB's gamut in it.

Björn Ottosson 2020, "A perceptual color space for image processing": L is lightness, 0 black to 1 white; the plane of a
and b holds the colour, with hue as the angle and chroma as the distance from grey.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["from_oklab", "into_gamut", "to_oklab"]

# Ottosson's matrices for linear sRGB, as published on his page: to cone responses, and from their cube roots to Lab.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# Row vectors are multiplied from the left; the inverses make both ways agree to the last digit.
_CONES = _TO_CONES.T.astype(np.float32)
_LAB = _TO_LAB.T.astype(np.float32)
_FROM_CONES = np.linalg.inv(_TO_CONES).T.astype(np.float32)
_FROM_LAB = np.linalg.inv(_TO_LAB).T.astype(np.float32)
_GAMUT_TOLERANCE = 1e-4
_BISECTIONS = 10


def to_oklab(rgb: NDArray[np.floating]) -> NDArray[np.float32]:
    """Oklab of gamma-coded sRGB.

    Args:
        rgb: float[..., 3] in [0, 1].

    Returns:
        float32[..., 3]: L in [0, 1], a and b within about ±0.35.
    """
    coded = np.asarray(rgb, dtype=np.float32)
    linear = np.where(coded <= 0.04045, coded / 12.92, ((np.maximum(coded, 0) + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float32] = np.cbrt(linear.astype(np.float32) @ _CONES) @ _LAB
    return lab


def from_oklab(lab: NDArray[np.floating]) -> NDArray[np.float32]:
    """Gamma-coded sRGB, float32[..., 3] clipped to [0, 1], of Oklab float[..., 3]; the inverse of :func:`to_oklab`."""
    linear = np.clip(_linear(np.asarray(lab, dtype=np.float32)), 0, 1)
    coded: NDArray[np.float32] = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.clip(coded, 0, 1).astype(np.float32)


def into_gamut(wanted: NDArray[np.float32], safe: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colours wanted, or where sRGB lacks one, the last that it has on the straight way to it from a safe one.

    Args:
        wanted: Oklab, float32[..., 3].
        safe: Oklab of the same shape, within the gamut. With the wanted lightness and no chroma, hue and lightness are
            kept and chroma gives way; with the wanted a and b, lightness gives way.
    """
    outside = ~_inside(wanted)
    if not outside.any():
        return wanted
    start = safe[outside]
    way = wanted[outside] - start
    share: NDArray[np.float32] = np.zeros((len(start), 1), np.float32)
    for step in range(1, _BISECTIONS + 1):
        further = share + np.float32(0.5**step)
        share = np.where(_inside(start + further * way)[:, None], further, share)
    reached = wanted.copy()
    reached[outside] = start + share * way
    return reached


def _linear(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    roots = lab @ _FROM_LAB
    linear: NDArray[np.float32] = (roots * roots * roots) @ _FROM_CONES
    return linear


def _inside(lab: NDArray[np.float32]) -> Any:
    linear = _linear(lab)
    return np.all((linear >= -_GAMUT_TOLERANCE) & (linear <= 1 + _GAMUT_TOLERANCE), axis=-1)
