"""Reading films: every frame upright, with square pixels, as uint8 h×w×3 with its time stamp."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from numpy.typing import NDArray

from impasto.errors import VideoError
from impasto.image.resize import fit_size
from impasto.inference.temporal import Motion
from impasto.video.clock import Clock, open_film

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FilmReader", "Frame", "reason"]

USUAL_RATE = Fraction(25)
# Where a film does not say so, players take the colours of high definition for BT.709's and others for BT.601's.
HIGH_DEFINITION = 720
BT709, BT601 = 1, 5
UNSPECIFIED = 2
WIDEST_PIXEL = 10
SEEK_BACK = (0, 5, 30)  # seconds before what is sought, in turn, before all is read from the begin


@dataclass(eq=False)
class Frame:
    """One picture of a film on its way through the stages.

    Attributes:
        pixels: uint8 h×w×3; each stage replaces it by its own result.
        time: seconds since the film's begin.
        pts: the same in the film's ``time_base``, exact.
        motion: since the frame before.
        memory: what the stages must remember to go on after this frame.
    """

    pixels: NDArray[np.uint8]
    time: float
    pts: int
    motion: Motion | None = None
    memory: dict[str, Any] = field(default_factory=dict)


class FilmReader:
    """What is known of a film before its frames are read; a context manager.

    Args:
        path: a file of any container and codec that FFmpeg's libraries read, or a URL.
        size: long side of the frames in pixels; the film's own unless given.

    Attributes:
        width, height: in pixels, upright and with square pixels.
        time_base: seconds to one unit of a frame's ``pts``.
        rate: frames per second on average.
        clock: puts the time stamps of recordings that were joined one after the other.
        duration: seconds, or ``None`` where the file does not say.
        lost: how many packets could not be decoded so far.

    Raises:
        VideoError: it cannot be read, or has no moving picture.
    """

    def __init__(self, path: str | Path, *, size: int | None = None) -> None:
        self.path = path
        self.lost = 0
        self._container = _open(path)
        try:
            self._stream = self._video_stream()
            self.clock = Clock(path, self._container.format.name)
            self._first = self._decode_one()
        except BaseException:
            self._container.close()
            raise
        self.time_base: Fraction = self._stream.time_base or Fraction(1, 1000)
        self.rate: Fraction = self._stream.average_rate or self._stream.guessed_rate or USUAL_RATE
        length = self._container.duration
        self.duration = self.clock.duration or (None if length is None or length <= 0 else length / av.time_base)
        self.height, self.width = self._upright_size(self._first)
        if size is not None:
            self.height, self.width = fit_size(self.height, self.width, size)
        start = self._container.start_time
        self._origin = 0 if start is None else round(Fraction(start, av.time_base) / self.time_base)

    @property
    def picture(self) -> int:
        """The index of the stream that is read."""
        return int(self._stream.index)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def frames(self, start: float = 0.0, end: float | None = None, *, after: int | None = None) -> Iterator[Frame]:
        """The frames whose time lies in [start, end), in order. What cannot be decoded is left out and counted.

        Args:
            after: leave out frames up to and with this ``pts``, to go on where another run stopped.
        """
        first = max(math.ceil(start / self.time_base), -(1 << 62) if after is None else after + 1)
        step = max(1, round(1 / (self.rate * self.time_base)))
        previous: int | None = None
        for decoded in self._decode_from(first):
            pts = decoded.pts - self._origin if decoded.pts is not None else (previous or -step) + step
            if previous is not None and pts <= previous:
                pts = previous + 1  # a time stamp that stands still or runs back; encoders want them to rise
            previous = pts
            time = float(pts * self.time_base)
            if end is not None and time >= end:
                return
            if pts >= first:
                yield Frame(self._upright(decoded), time, pts)

    def _decode(self) -> Iterator[Any]:
        packets = self.clock.adjusted(self._container.demux(self._stream))
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):
                self.lost += 1  # the file ends in the middle of a packet
                packet = None
            if packet is None:
                return
            try:
                yield from packet.decode()
            except (av.FFmpegError, ValueError):
                self.lost += 1

    def _decode_from(self, first: int) -> Iterator[Any]:
        """All frames from ``first`` on, and some before it. Not every container is sought in as precisely as asked."""
        for back in SEEK_BACK:
            target = first - round(back / self.time_base)
            if target <= 0 or self.clock.joined:
                break
            try:
                self._container.seek(target + self._origin, stream=self._stream)
            except av.FFmpegError:
                break
            frames = self._decode()
            found = next(frames, None)
            if found is not None and found.pts is not None and found.pts - self._origin <= first:
                yield found
                yield from frames
                return
        self._rewind()
        yield from self._decode()

    def _decode_one(self) -> Any:
        frame = next(self._decode(), None)
        if frame is None:
            raise VideoError(f"{self.path} has a video stream, but not a single frame of it can be read")
        return frame

    def _rewind(self) -> None:
        """Back to the begin; by opening anew, as some containers and streams of data cannot be sought in."""
        index = self._stream.index
        self._container.close()
        self._container = _open(self.path)
        self._stream = self._container.streams[index]
        self._stream.thread_type = "AUTO"

    def _video_stream(self) -> Any:
        streams = self._container.streams.video
        # Covers of songs are streams of one picture.
        moving = [one for one in streams if not one.disposition & av.stream.Disposition.attached_pic]
        if not moving:
            raise VideoError(f"{self.path} has no moving picture; expected a film")
        best = max(moving, key=lambda one: (one.width or 0) * (one.height or 0))
        best.thread_type = "AUTO"
        return best

    def _upright_size(self, frame: Any) -> tuple[int, int]:
        height, width = frame.height, round(frame.width * self._pixel_aspect())
        return (width, height) if frame.rotation % 180 else (height, width)

    def _pixel_aspect(self) -> Fraction:
        aspect = self._stream.sample_aspect_ratio
        return aspect if aspect and Fraction(1, WIDEST_PIXEL) < aspect < WIDEST_PIXEL else Fraction(1)

    def _upright(self, frame: Any) -> NDArray[np.uint8]:
        """The frame as it is meant to be seen, of the film's size."""
        turned = frame.rotation % 180 != 0
        width, height = (self.height, self.width) if turned else (self.width, self.height)
        colors = frame.colorspace
        if colors in (UNSPECIFIED, 0):
            colors = BT709 if frame.height >= HIGH_DEFINITION else BT601
        sized = {} if (frame.width, frame.height) == (width, height) else {"width": width, "height": height}
        rgb = frame.reformat(**sized, format="rgb24", src_colorspace=colors, interpolation="BICUBIC")
        pixels: NDArray[np.uint8] = rgb.to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))) if frame.rotation else pixels


def _open(path: str | Path) -> Any:
    try:
        return open_film(path)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"cannot read {path}: {reason(error)}") from None


def reason(error: Exception) -> str:
    """What an error of FFmpeg's says, without its number and file."""
    return str(getattr(error, "strerror", None) or error)
