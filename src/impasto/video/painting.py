"""Painting the frames of moving pictures: a style that may change over time, and statistics that change slowly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from impasto.image.blend import lerp
from impasto.image.color import color_statistics
from impasto.image.levels import Pixels
from impasto.image.recolor import RECOLORINGS, adjust
from impasto.inference import codes
from impasto.inference.codes import Code
from impasto.inference.smoothed import Smoothed
from impasto.inference.strokes import paint_in_strokes, stroke_scale
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions

__all__ = ["FramePainter", "StyleTimeline"]

STATISTICS_SECONDS = 1.0  # the time constant of colours and codes of the frames, at full steadiness
LEARNT_STEPS = 8  # of a fade to or from a learnt style: every mixture has a painter of its own
FRAMES_PER_CODE = 12  # a frame's own code, for less than full strength, costs as much as painting it


class StyleTimeline:
    """Which style is painted when: each from its mark on, after a fade from the one before.

    Args:
        marks: times in seconds, rising, and style codes. The first code is painted from the begin, whatever its time.
        fade: seconds that a change takes, beginning at the mark.
    """

    def __init__(self, marks: Sequence[tuple[float, Code]], fade: float) -> None:
        self._marks = sorted(marks, key=lambda mark: mark[0])
        self._fade = fade

    def at(self, time: float) -> Code:
        """The style code at a time in seconds."""
        code = self._marks[0][1]
        for begin, following in self._marks[1:]:
            if time < begin:
                break
            share = 1.0 if self._fade == 0 else min(1.0, (time - begin) / self._fade)
            if codes.differences_of(code) or codes.differences_of(following):
                share = round(share * LEARNT_STEPS) / LEARNT_STEPS
            code = following if share == 1 else codes.mix([code, following], [1 - share, share])
        return code


class FramePainter:
    """Paints frames in order, with one look.

    Args:
        steady: how slowly the statistics follow the frames; at 0 each frame has its own.
        memory: what :attr:`memory` gave in an earlier run, to go on there.
    """

    def __init__(
        self, stylizer: Stylizer, look: LookOptions, steady: float, memory: dict[str, Any] | None = None
    ) -> None:
        memory = memory or {}
        self._stylizer = stylizer
        self._look = look
        self._color = Smoothed(steady * STATISTICS_SECONDS, memory.get("color"))
        self._own = Smoothed(steady * STATISTICS_SECONDS, memory.get("own_code"))
        self._since_code = int(memory.get("since_code", FRAMES_PER_CODE))

    @property
    def memory(self) -> dict[str, Any]:
        """What it must remember to go on after the last frame, by name."""
        kept = {"color": self._color.value, "own_code": self._own.value, "since_code": self._since_code}
        return {name: value for name, value in kept.items() if value is not None}

    def paint(self, photo: Pixels, code: Code, seconds: float, *, cut: bool = False) -> Pixels:
        """The frame's pastiche, uint8 h×w×3.

        Args:
            photo: uint8 h×w×3.
            code: the style code at this time.
            seconds: since the frame before.
            cut: the frame begins a scene, and nothing is kept of the one before.
        """
        look = self._look
        if look.strength > 1 and self._stylizer.manifest.strength == "blend":
            code = self._stylizer.at_strength(photo, code, look.strength)  # which says why not
        elif look.strength != 1 and self._stylizer.manifest.strength == "code":
            code = codes.at_strength(self._own_code(photo, seconds, cut=cut), code, look.strength)
        mean, covariance = color_statistics(photo)
        color = self._color.update(np.concatenate([mean, covariance.ravel()]), seconds, reset=cut)
        statistics = (color[:3], color[3:].reshape(3, 3))
        scale = stroke_scale(look, *photo.shape[:2])
        pastiche = paint_in_strokes(self._stylizer, photo, code, scale, crisp=False, content_color=statistics)
        if look.recoloring in RECOLORINGS:
            pastiche = RECOLORINGS[look.recoloring](pastiche, photo)
        pastiche = adjust(pastiche, look.saturation, look.brightness)
        return lerp(pastiche, photo, self._stylizer.photo_share(look.strength)) if look.strength < 1 else pastiche

    def _own_code(self, photo: Pixels, seconds: float, *, cut: bool) -> Code:
        """The frames' own code, which is measured now and then."""
        self._since_code += 1
        if cut or self._own.value is None or self._since_code >= FRAMES_PER_CODE:
            self._own.update(self._stylizer.encode_style(photo), seconds * self._since_code, reset=cut)
            self._since_code = 0
        assert self._own.value is not None
        return np.asarray(self._own.value, np.float32)
