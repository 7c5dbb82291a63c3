"""Painting a camera's pictures as they come: capturing, painting and showing, each in a thread of its own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from impasto.errors import UsageError
from impasto.image.levels import Pixels
from impasto.image.resize import fit_size, resize
from impasto.inference.codes import Code
from impasto.inference.stylizer import Stylizer
from impasto.inference.temporal import Motion, MotionTracker, Steadier
from impasto.video.camera import Newest, Shot
from impasto.video.options import LiveOptions
from impasto.video.painting import FramePainter

__all__ = ["Live", "fitted"]

REMEMBERED = 60  # shown frames over which speed and latency are told
STRENGTH_STEP = 0.1


class Live:
    """A camera's pictures, painted; a context manager.

    Whoever shows them takes the newest with :meth:`take`. What it may change while it runs: ``style`` (an index),
    ``strength`` and ``mirror``.

    Args:
        camera: frames as they come; see :func:`impasto.video.camera.open_camera`.
        styles: names and codes, at least one.
    """

    def __init__(
        self,
        camera: Generator[Shot, None, None],
        stylizer: Stylizer,
        styles: Sequence[tuple[str, Code]],
        options: LiveOptions,
    ) -> None:
        if not styles:
            raise UsageError("there is no style, expected at least one")
        self.styles = styles
        self.style = 0
        self.strength = options.strength
        self.mirror = options.mirror
        self._stylizer = stylizer
        self._options = options
        self._latencies: deque[float] = deque(maxlen=REMEMBERED)
        self._shown: deque[float] = deque(maxlen=REMEMBERED)
        self._captured = Newest(camera)
        self._painted = Newest(self._paint())

    def __enter__(self) -> Live:  # noqa: PYI034 - of no use to subclasses
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads and let the camera go."""
        self._captured.close()
        self._painted.close()

    def take(self, timeout: float | None = None) -> Shot | None:
        """The newest pastiche that was not taken yet; ``None`` if there is none in time, or no more (:attr:`over`).

        Raises:
            VideoError: the camera was unplugged.
            EngineError: painting failed.
        """
        shot = self._painted.take(timeout)
        if shot is not None:
            now = time.perf_counter()
            self._shown.append(now)
            self._latencies.append(now - shot.taken)
        return shot

    @property
    def over(self) -> bool:
        """The camera, or rather the film, has ended."""
        return self._painted.over

    @property
    def frames_per_second(self) -> float:
        """How many frames were taken in a second, of late."""
        shown = self._shown
        return (len(shown) - 1) / (shown[-1] - shown[0]) if len(shown) > 1 else 0.0

    @property
    def latency(self) -> float:
        """Seconds from a frame's capture to its pastiche's being taken, the median of late."""
        return median(self._latencies) if self._latencies else 0.0

    @property
    def dropped(self) -> int:
        """The camera's frames that came while another was painted."""
        return self._captured.dropped

    def change_style(self, step: int) -> None:
        """Go so many styles on."""
        self.style = (self.style + step) % len(self.styles)

    def change_strength(self, steps: int) -> None:
        """More or less strength, by tenths."""
        self.strength = round(min(1.0, max(0.0, self.strength + steps * STRENGTH_STEP)), 2)

    def _paint(self) -> Generator[Shot, None, None]:
        options = self._options
        painter = FramePainter(self._stylizer, options, options.steady)
        tracker, steadier = MotionTracker(), Steadier(options.steady)
        strength, mirrored, before = options.strength, self.mirror, None
        code = self.styles[self.style][1]
        while (shot := self._captured.take()) is not None:
            if self.strength != strength:
                strength = self.strength
                painter = FramePainter(self._stylizer, replace(options, strength=strength), options.steady)
            if self.mirror != mirrored:
                mirrored, tracker, steadier = self.mirror, MotionTracker(), Steadier(options.steady)
            photo = fitted(shot.pixels, options.size, options.aspect, mirror=mirrored)
            motion = tracker.track(photo) if options.steady else Motion(None, None, cut=True)
            seconds = 0.0 if before is None else shot.taken - before
            code = self._ready_code(code)
            pastiche = painter.paint(photo, code, seconds, cut=motion.cut)
            yield Shot(steadier.steady(pastiche, motion) if options.steady else pastiche, shot.taken)
            before = shot.taken

    def _ready_code(self, present: Code) -> Code:
        """The chosen style's code, or the present one's until the painter of a learnt style is ready."""
        wanted = self.styles[self.style][1]
        return wanted if wanted is present or self._stylizer.ready_soon(wanted) else present


def fitted(frame: Pixels, size: int | None, aspect: float | None, *, mirror: bool) -> Pixels:
    """The part of a camera's frame that is painted, uint8 h×w×3.

    Args:
        size: long side of the result in pixels.
        aspect: width by height of the middle that is cut out; all of the frame if ``None``.
    """
    height, width = frame.shape[:2]
    if aspect is not None:
        high, wide = min(height, round(width / aspect)), min(width, round(height * aspect))
        top, left = (height - high) // 2, (width - wide) // 2
        frame = frame[top : top + max(1, high), left : left + max(1, wide)]
    if mirror:
        frame = frame[:, ::-1]
    if size is not None:
        frame = resize(np.ascontiguousarray(frame), *fit_size(frame.shape[0], frame.shape[1], size))
    return np.ascontiguousarray(frame)
