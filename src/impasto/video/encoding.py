"""Encoding frames: one piece of a film, which keeps every time stamp exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from impasto.errors import UsageError, VideoError
from impasto.video.clock import address
from impasto.video.reading import BT709, reason

__all__ = ["CODECS", "CONTAINERS", "PieceWriter", "codec_for"]

PIECE_FORMAT = "mp4"  # holds all these codecs, and time stamps in the very units they are given in
FINEST = 10_000  # units per second that time stamps need at least, so that decoding order fits between them
LIMITED_RANGE = 1


@dataclass(frozen=True)
class Codec:
    """An encoder and how it is told what a person wants.

    Attributes:
        crf: its constant quality unless another is given; the scales of encoders differ.
        even: both sides must be even.
        presets: name of the option for speed, and its value unless another is given.
    """

    encoder: str
    crf: int
    preset: tuple[str, str]
    even: bool = True
    options: dict[str, str] = field(default_factory=dict)


# Crf and presets: the picture is hard to tell from what was painted, and encoding is quicker than painting.
CODECS = {
    "h264": Codec("libx264", 20, ("preset", "superfast")),
    "h265": Codec("libx265", 24, ("preset", "veryfast"), options={"x265-params": "log-level=none"}),
    "vp9": Codec(
        "libvpx-vp9", 31, ("cpu-used", "7"), even=False, options={"b": "0", "row-mt": "1", "deadline": "realtime"}
    ),
    "av1": Codec("libsvtav1", 32, ("preset", "10"), even=True),
}
CONTAINERS = {".mp4": "h264", ".m4v": "h264", ".mov": "h264", ".mkv": "h264", ".webm": "vp9"}


def codec_for(target: Path, wanted: str) -> str:
    """The codec of a film by its name; ``auto`` is the usual one of the container.

    Raises:
        UsageError: the container is none that can be written, or does not hold the codec.
    """
    suffix = target.suffix.lower()
    if suffix not in CONTAINERS:
        raise UsageError(f"cannot write {target}: its suffix is none of {', '.join(CONTAINERS)}, .gif, .webp, .png")
    name = CONTAINERS[suffix] if wanted == "auto" else wanted
    if suffix == ".webm" and name not in ("vp9", "av1"):
        raise UsageError(f"a .webm film holds vp9 or av1, not {name}; give another codec, or a .mp4 or .mkv file")
    return name


class PieceWriter:
    """Encodes frames into a file that begins with a key frame, at time 0; every piece of a film is encoded alike.

    Args:
        path: the file.
        height, width: of the frames, in pixels. An odd side is made even, where the codec asks for it, by repeating
            the last row or column.
        time_base: seconds to one unit of the frames' time stamps.
        rate: frames per second on average; codecs share out bits by it.
        crf, preset: quality and speed in the encoder's own scale; its usual ones unless given.

    Raises:
        VideoError: the encoder or the disk failed; :meth:`add` and :meth:`close` too.
    """

    def __init__(
        self,
        path: Path,
        height: int,
        width: int,
        codec: str,
        *,
        time_base: Fraction,
        rate: Fraction,
        crf: int | None = None,
        preset: str | None = None,
    ) -> None:
        self._path = path
        self._origin: int | None = None
        one = CODECS[codec]
        self._finer = math.ceil(FINEST * time_base)
        self._pad = (height % 2, width % 2) if one.even else (0, 0)
        speed, usual = one.preset
        options = {"crf": str(one.crf if crf is None else crf), speed: preset or usual, **one.options}
        try:
            self._container = av.open(address(path), "w", format=PIECE_FORMAT)
            self._stream: Any = self._container.add_stream(one.encoder, rate=rate.limit_denominator(1001))
            context = self._stream.codec_context
            context.width, context.height, context.pix_fmt = width + self._pad[1], height + self._pad[0], "yuv420p"
            context.time_base = self._stream.time_base = time_base / self._finer
            context.options = options
            context.flags |= av.codec.context.Flags.global_header
            context.colorspace = context.color_primaries = context.color_trc = BT709
            context.color_range = LIMITED_RANGE
            self._container.start_encoding()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._failed(error) from None

    def add(self, pixels: NDArray[np.uint8], pts: int) -> None:
        """One frame, uint8 h×w×3; ``pts`` is in the ``time_base`` given, and rises."""
        if self._origin is None:
            self._origin = pts
        if any(self._pad):
            pixels = np.pad(pixels, [(0, self._pad[0]), (0, self._pad[1]), (0, 0)], mode="edge")
        rgb = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame = rgb.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED_RANGE)
        frame.pts = (pts - self._origin) * self._finer
        frame.time_base = self._stream.codec_context.time_base
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise self._failed(error) from None

    def close(self) -> None:
        """Finish the file."""
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> VideoError:
        return VideoError(f"cannot write {self._path}: {reason(error)}")
