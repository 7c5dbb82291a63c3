"""What eyes see in a picture's finest detail, whatever is painted: colour that lightness does not have, and noise.

Both are of single pictures in Oklab, where equal steps look alike, of the detail that a Gaussian of 1 pixel takes away.
They say nothing about likeness to the artwork, and a blurred picture has little of either.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.filters import gaussian

from impasto.image.oklab import to_oklab

__all__ = ["detail_of", "fringes", "grain"]

BLUR = 1.0  # pixels
_FAINT = 1e-4  # of Oklab's lightness: what 8 bits cannot show


def detail_of(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Oklab of a picture (uint8 h×w×3) less its blur, float32 h×w×3."""
    lab = to_oklab(picture.astype(np.float32) / 255)
    return np.asarray(lab - gaussian(lab, BLUR, mode="reflect", channel_axis=-1), np.float32)


def fringes(detail: NDArray[np.float32]) -> float:
    """How much of the detail is colour: its root mean square in a and b over that in lightness, 0 or more.

    Edges and strokes of photos and paintings are lighter and darker first; where they are red on one side and cyan on
    the other, or where dots of other colours lie about, it is larger.
    """
    squares = np.square(detail, dtype=np.float64).mean((0, 1))
    return float(np.sqrt((squares[1] + squares[2]) / (squares[0] + _FAINT**2)))


def grain(detail: NDArray[np.float32]) -> float:
    """How noise-like the detail's lightness is: the flatness of its power spectrum, 0 to 1.

    The geometric mean of the spectrum (under a Hann window) over its arithmetic mean, as in signal processing (Wiener
    entropy): independent pixels have about 0.44, lines and edges little, an even picture 0.
    """
    lightness = detail[..., 0]
    window = np.outer(np.hanning(lightness.shape[0] + 2)[1:-1], np.hanning(lightness.shape[1] + 2)[1:-1])
    faint = _FAINT**2 * np.square(window).sum()
    power = np.square(np.abs(np.fft.rfft2(lightness * window))) + faint
    return float(max(0.0, np.exp(np.log(power).mean()) - faint) / power.mean())
