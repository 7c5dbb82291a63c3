"""Animations (GIF, WebP, PNG), read by Pillow, which knows how long each frame stays and what of it can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import VideoError
from impasto.files import is_pipe
from impasto.image.resize import fit_size, resize
from impasto.image.visible import visible_only
from impasto.video.reading import Frame

__all__ = ["AnimationReader", "is_animation"]

FORMATS = ("GIF", "WEBP", "PNG")
SUFFIXES = (".gif", ".webp", ".png", ".apng")
USUAL_MILLISECONDS = 100  # what browsers make of a frame that is to stay for no time


def is_animation(path: Path) -> bool:
    """Whether a file is a GIF, WebP or PNG of several frames."""
    if path.suffix.lower() not in SUFFIXES or is_pipe(path):
        return False
    try:
        with Image.open(path, formats=FORMATS) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 - Pillow's parsers raise almost anything; whoever reads it will say what is wrong
        return False


class AnimationReader:
    """The frames of an animation, each with its transparency.

    Attributes:
        plays: how often it is shown; None for ever.
        Others as of :class:`impasto.video.reading.FilmReader`.

    Raises:
        VideoError: it cannot be read.
    """

    def __init__(self, path: Path, *, size: int | None = None) -> None:
        self.path: str | Path = path
        self.lost = self.odd = 0
        self.kind: frozenset[str] = frozenset()
        self.time_base = Fraction(1, 1000)
        durations = []
        try:
            with Image.open(path, formats=FORMATS) as image:
                self.plays = _plays(image)
                width, height = image.size
                for index in range(getattr(image, "n_frames", 1)):
                    image.seek(index)
                    image.load()  # or WebP does not say how long it stays
                    durations.append(round(image.info.get("duration") or USUAL_MILLISECONDS))
        except Exception as error:
            if not durations:
                words = " ".join(str(error).split())
                raise VideoError(f"cannot read {path}: it is damaged or incomplete ({words})") from error
            self.lost += 1
        self._durations = durations
        self.duration: float | None = sum(durations) / 1000
        self.rate = Fraction(len(durations) * 1000, sum(durations))
        self.height, self.width = (height, width) if size is None else fit_size(height, width, size)

    def __enter__(self) -> AnimationReader:  # noqa: PYI034 - not to be inherited from
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def frames(self, start: float = 0.0, end: float | None = None, *, after: int | None = None) -> Iterator[Frame]:
        """As :meth:`impasto.video.reading.FilmReader.frames`."""
        pts = 0
        with Image.open(self.path, formats=FORMATS) as image:
            for index, duration in enumerate(self._durations):
                time = pts / 1000
                if end is not None and time >= end:
                    return
                if time >= start and (after is None or pts > after):
                    image.seek(index)
                    pixels, alpha = self._seen(image)
                    yield Frame(pixels, time, pts, duration, alpha)
                pts += duration

    def _seen(self, image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        samples = np.asarray(image.convert("RGBA"))
        alpha = np.ascontiguousarray(samples[..., 3])
        pixels = np.ascontiguousarray(samples[..., :3])
        if alpha.min() == 255:
            return resize(pixels, self.height, self.width), None
        shown = resize(visible_only(pixels, alpha), self.height, self.width)
        return shown, resize(alpha, self.height, self.width)


def _plays(image: Image.Image) -> int | None:
    """A GIF says how often it is shown again, the others how often it is shown; nought is for ever."""
    if image.format == "GIF":
        again = image.info.get("loop")
        return 1 if again is None else int(again) + 1 if again else None
    return int(image.info.get("loop", 0)) or None
