"""Steadiness: what is painted follows what is filmed, instead of flickering.

The last pastiche is carried along the optical flow of the film (DIS: Kroeger et al. 2016, "Fast Optical Flow using
Dense Inverse Search") and blended with the new one where the flow can be trusted (Ruder, Dosovitskiy, Brox
2016, "Artistic style transfer for videos"). Every frame has a share of its own, so that errors die out: nothing is
carried further than it stays true.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from impasto.image.levels import Pixels

__all__ = ["Motion", "MotionTracker", "Steadier"]

Floats = NDArray[np.float32]

FLOW_SIDE = 512  # long side, in pixels, of the frames whose flow is looked at
# A pixel is trusted less and less as the way there and back ends beside it (in pixels of the flow), and as what is
# found there differs (in grey levels of 255).
ROUND_TRIP, LIKENESS = 1.0, 12.0
CUT_SHARE = 0.35  # of pixels that can be trusted; a frame that has less begins a scene
CARRIED = 0.93  # share of the last pastiche at full steadiness
# Averaging strokes that are not quite alike, and resampling them, blurs. So the fine detail of what is carried is
# amplified until its Laplacian has the energy of the new pastiche's.
DETAIL_SIGMA = 1.0  # pixels
MOST_GAIN = 1.3
STRIP, STRIPS = 16, 24  # rows, and how many groups of so many rows energy is measured in


@dataclass(frozen=True, eq=False)
class Motion:
    """What moved where between a frame and the one before.

    Attributes:
        flow: float32 h'×w'×2 at the flow's own size: where a pixel of this frame was, relative to its place (x, y), in
            fractions of the frame's width and height.
        trust: float32 h'×w' in [0, 1].
        cut: the frame begins a scene.
    """

    flow: Floats | None
    trust: Floats | None
    cut: bool


class MotionTracker:
    """Finds the motion from each frame to the next.

    Args:
        previous: the last frame as :attr:`previous` gave it in an earlier run.
    """

    def __init__(self, previous: Pixels | None = None) -> None:
        self.previous = previous
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._dis.setFinestScale(1)

    def track(self, photo: Pixels) -> Motion:
        """The motion from the last frame to this one, uint8 h×w×3, of the same size."""
        gray = _small_gray(photo)
        previous, self.previous = self.previous, gray
        if previous is None or previous.shape != gray.shape:
            return Motion(None, None, cut=True)
        back = self._dis.calc(gray, previous, None)
        forth = self._dis.calc(previous, gray, None)
        trust = _trust(gray, previous, back, forth)
        if float(trust.mean()) < CUT_SHARE:
            return Motion(None, None, cut=True)
        return Motion(_relative(back), trust, cut=False)


class Steadier:
    """Blends each pastiche with the last one carried along.

    Args:
        steady: from 0, nothing is carried, to 1.
        history: the last result as :attr:`history` gave it in an earlier run.
    """

    def __init__(self, steady: float, history: Floats | None = None) -> None:
        self._carried = CARRIED * steady
        self.history = history

    def steady(self, pastiche: Pixels, motion: Motion) -> Pixels:
        """The pastiche, uint8 h×w×3, without its flicker."""
        new = pastiche.astype(np.float32)
        if motion.flow is None or motion.trust is None or self.history is None or self.history.shape != new.shape:
            self.history = new
            return pastiche
        height, width = pastiche.shape[:2]
        places = _places(motion.flow, height, width)
        carried = cv2.remap(self.history, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        share = cv2.resize(motion.trust * np.float32(self._carried), (width, height), interpolation=cv2.INTER_LINEAR)
        blended = cv2.blendLinear(carried, new, share, 1 - share)
        gain = _detail_gain(blended, new)
        if gain > 1:
            smooth = cv2.GaussianBlur(blended, (0, 0), DETAIL_SIGMA)
            cv2.addWeighted(blended, gain, smooth, 1 - gain, 0, dst=blended)
        # Clipped, or what is amplified beyond white and black would grow; not rounded, or small differences would stay.
        self.history = np.clip(blended, 0, 255, out=blended)
        return np.asarray(cv2.convertScaleAbs(blended), np.uint8)


def _detail_gain(blended: Floats, new: Floats) -> float:
    """The factor for fine detail that gives it the energy that it has in the new pastiche."""
    energies = [float(np.square(_laplacian(one)).mean()) for one in (blended, new)]
    return min(MOST_GAIN, math.sqrt(energies[1] / max(energies[0], 1e-3)))


def _laplacian(pastiche: Floats) -> Floats:
    """Of the grey pastiche, on some strips of rows."""
    tops = np.unique(np.linspace(0, max(0, len(pastiche) - STRIP), STRIPS).astype(int))
    grey = np.stack([cv2.cvtColor(pastiche[top : top + STRIP], cv2.COLOR_RGB2GRAY) for top in tops])
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray(around - 4 * grey[:, 1:-1, 1:-1], np.float32)


def _relative(flow: Floats) -> Floats:
    """A flow in pixels as fractions of the width and height."""
    height, width = flow.shape[:2]
    return np.asarray(flow / np.array([width, height], np.float32), np.float32)


def _places(flow: Floats, height: int, width: int) -> Floats:
    """Where each pixel was, float32 h×w×2, in pixels."""
    places = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    places *= np.array([width, height], np.float32)
    places[..., 0] += np.arange(width, dtype=np.float32)
    places[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(places, np.float32)


def _small_gray(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    scale = min(1.0, FLOW_SIDE / max(height, width))
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    # DIS needs some pixels to search in.
    size = max(16, round(width * scale)), max(16, round(height * scale))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def _trust(gray: Pixels, previous: Pixels, back: Floats, forth: Floats) -> Floats:
    """How far the flow back can be trusted at each pixel, in [0, 1]."""
    height, width = gray.shape
    places = _places(_relative(back), height, width)
    there = cv2.remap(forth, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    astray = np.sum(np.square(back + there), axis=-1)
    seen = cv2.remap(previous, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    unlike = np.square(gray.astype(np.float32) - seen)
    unlike = cv2.blur(unlike, (5, 5))
    trust = np.exp(-astray / np.float32(ROUND_TRIP**2) - unlike / np.float32(LIKENESS**2))
    inside = (places[..., 0] >= 0) & (places[..., 0] <= width - 1) & (places[..., 1] >= 0)
    inside &= places[..., 1] <= height - 1
    return np.asarray(cv2.blur(np.where(inside, trust, 0).astype(np.float32), (3, 3)), np.float32)
