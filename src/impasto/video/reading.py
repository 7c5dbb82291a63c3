"""Reading films: every frame upright, with square pixels, as uint8 h×w×3 with its time stamp."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.sidedata.sidedata
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from impasto.errors import VideoError
from impasto.files import is_pipe
from impasto.image.resize import fit_size
from impasto.inference.temporal import Motion
from impasto.video.clock import Clock, open_film
from impasto.video.tone import HDR_TRANSFERS, ToneMap

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FilmReader", "Frame", "reason"]

USUAL_RATE = Fraction(25)
# Where a film does not say so, players take the colours of high definition for BT.709's and others for BT.601's.
HIGH_DEFINITION = 720
BT709, BT601, BT2020 = 1, 5, 9
UNSPECIFIED = 2
WIDEST_PIXEL = 10
EXACT = int(Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)
SEEK_BACK = (0, 5, 30)  # seconds before what is sought, in turn, before all is read from the begin


@dataclass(eq=False)
class Frame:
    """One picture of a film on its way through the stages.

    Attributes:
        pixels: uint8 h×w×3; each stage replaces it by its own result.
        time: seconds since the film's begin.
        pts: the same in the film's ``time_base``, exact.
        duration: how long it is to be seen, in the same units; 0 if the film does not say.
        alpha: its transparency, uint8 h×w, of animations that have any.
        motion: since the frame before.
        memory: what the stages must remember to go on after this frame.
    """

    pixels: NDArray[np.uint8]
    time: float
    pts: int
    duration: int = 0
    alpha: NDArray[np.uint8] | None = None
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
        odd: how many frames so far had another size than the first, or another shape.
        kind: what the film is, where that takes more than decoding: ``"hdr"``, ``"interlaced"``, both or neither.

    Raises:
        VideoError: it cannot be read, or has no moving picture.
    """

    def __init__(self, path: str | Path, *, size: int | None = None) -> None:
        self.path = path
        self.lost = self.odd = 0
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
        self.kind = frozenset(
            word
            for word, holds in (
                ("hdr", self._first.color_trc in HDR_TRANSFERS),
                ("interlaced", self._first.interlaced_frame),
            )
            if holds
        )
        self._tone = ToneMap(self._first.color_trc) if "hdr" in self.kind else None
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
        for decoded in self._woven(self._decode_from(first)):
            pts = decoded.pts - self._origin if decoded.pts is not None else (previous or -step) + step
            if previous is not None and pts <= previous:
                pts = previous + 1  # a time stamp that stands still or runs back; encoders want them to rise
            previous = pts
            time = float(pts * self.time_base)
            if end is not None and time >= end:
                return
            if pts >= first:
                self.odd += (decoded.height, decoded.width) != (self._first.height, self._first.width)
                length = decoded.duration or 0
                if end is not None:
                    length = min(length, math.ceil(end / self.time_base) - pts)
                yield Frame(self._upright(decoded), time, pts, length)

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
        for back in SEEK_BACK["interlaced" in self.kind :]:  # which look at the frame before
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

    def _woven(self, frames: Iterator[Any]) -> Iterator[Any]:
        """The same frames, those of two fields made whole by FFmpeg's bwdif."""
        if "interlaced" not in self.kind:
            yield from frames
            return
        graph = shape = None
        for frame in frames:
            if graph is None or shape != (frame.width, frame.height, frame.format.name):
                if graph is not None:
                    graph.push(None)
                    yield from self._pulled(graph)
                graph, shape = self._graph(frame), (frame.width, frame.height, frame.format.name)
            if frame.pts is None:
                yield frame
                continue
            graph.push(frame)
            yield from self._pulled(graph)
        if graph is not None:
            graph.push(None)
            yield from self._pulled(graph)

    def _graph(self, frame: Any) -> Any:
        graph = av.filter.Graph()
        source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=self.time_base)
        weave = graph.add("bwdif", "mode=send_frame:deint=interlaced")
        end = graph.add("buffersink")
        source.link_to(weave)
        weave.link_to(end)
        graph.configure()
        return graph

    def _pulled(self, graph: Any) -> Iterator[Any]:
        while True:
            try:
                frame = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            units = frame.time_base / self.time_base  # the filter counts in halves
            frame.pts, duration = round(frame.pts * units), round((frame.duration or 0) * units)
            frame.time_base, frame.duration = self.time_base, duration
            yield frame

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
        return (width, height) if display_matrix(frame)[0] else (height, width)

    def _pixel_aspect(self) -> Fraction:
        aspect = self._stream.sample_aspect_ratio
        return aspect if aspect and Fraction(1, WIDEST_PIXEL) < aspect < WIDEST_PIXEL else Fraction(1)

    def _upright(self, frame: Any) -> NDArray[np.uint8]:
        """The frame as it is meant to be seen, of the film's size."""
        turned, upside_down, mirrored = display_matrix(frame)
        width, height = (self.height, self.width) if turned else (self.width, self.height)
        colors = frame.colorspace
        if colors in (UNSPECIFIED, 0):
            colors = BT709 if frame.height >= HIGH_DEFINITION else BT601
        sized = {} if (frame.width, frame.height) == (width, height) else {"width": width, "height": height}
        if self._tone is not None:
            deep = frame.reformat(**sized, format="rgb48le", src_colorspace=BT2020, interpolation=EXACT)
            pixels = self._tone(deep.to_ndarray())
        else:
            # The quicker way to RGB is exact for 8 bits only.
            way = EXACT if frame.format.components[0].bits > 8 else "BICUBIC"
            rgb = frame.reformat(**sized, format="rgb24", src_colorspace=colors, interpolation=way)
            pixels = rgb.to_ndarray()
        pixels = pixels.swapaxes(0, 1) if turned else pixels
        pixels = pixels[::-1] if upside_down else pixels
        return np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels)


def display_matrix(frame: Any) -> tuple[bool, bool, bool]:
    """Whether a frame is to be transposed, then turned upside down, then mirrored, to be as it is meant to be seen."""
    found = frame.side_data.get(av.sidedata.sidedata.Type.DISPLAYMATRIX)
    if found is None:
        return False, False, False
    across, down, across_of_y, down_of_y = (struct.unpack("=9i", bytes(found)[:36])[place] for place in (0, 1, 3, 4))
    if abs(down) + abs(across_of_y) > abs(across) + abs(down_of_y):
        return True, down < 0, across_of_y < 0
    return False, down_of_y < 0, across < 0


def _open(path: str | Path) -> Any:
    if "://" not in str(path) and is_pipe(Path(path)):
        raise VideoError(f"cannot read {path}: it is a pipe, and films are read twice; save it as a file first")
    try:
        return open_film(path)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"cannot read {path}: {reason(error)}") from None


def reason(error: Exception) -> str:
    """What an error of FFmpeg's says, without its number and file."""
    return str(getattr(error, "strerror", None) or error)
