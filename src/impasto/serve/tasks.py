"""What painters are asked to do. A task is sent to a painter's process, does its work there and gives plain values."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureTooLarge
from impasto.image.io import Picture, read_picture, write_picture
from impasto.image.mask import read_mask
from impasto.image.resize import fit_size, resize
from impasto.inference.codes import Code, Numbers
from impasto.inference.compose import compose
from impasto.inference.strokes import stroke_scale
from impasto.inference.style_view import MAX_ASPECT
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions, StylizeOptions
from impasto.video.painting import FramePainter

__all__ = [
    "EncodeStyle",
    "Encoded",
    "PaintFrame",
    "PaintPicture",
    "Painted",
    "Style",
    "Task",
    "check_cost",
    "open_style",
    "read_named",
]

Style: TypeAlias = "Code | bytes"  # a style code, or a picture's file

STYLE_PIXELS = 4_000_000  # of a style picture as it is looked at: the encoder takes 500 bytes for each
THUMBNAIL = 256
KEPT_SIDE = 1024
KEPT_QUALITY = 92
FRAME_QUALITY = 85


class Task(Protocol):
    """Something to do with a model."""

    def run(self, stylizer: Stylizer) -> Any:
        """Do it.

        Raises:
            ImpastoError: it cannot be done.
        """
        ...


@dataclass(frozen=True)
class Painted:
    """A pastiche's file, and the seconds it took from file to file; of a frame also what the next must know."""

    data: bytes
    seconds: float
    memory: dict[str, Any] | None = None
    current: bool = True
    """Whether a frame was painted with the code that was asked for, not with the one meanwhile."""
    frames: int = 1
    """How many pictures or pages the photo's file has, of which the first was painted."""


@dataclass(frozen=True)
class Encoded:
    """A style: its code, the picture's file made small enough to keep, and its thumbnail's."""

    code: Numbers
    picture: bytes
    thumbnail: bytes


@dataclass(frozen=True, eq=False)
class PaintPicture:
    """Paint a picture in one style or a mixture.

    Attributes:
        content, mask: files; where the mask is dark, the photo stays.
        format: of the file that is given back, as :func:`impasto.image.io.write_picture` names it.
        max_pixels: of each picture that is read, and of what is painted.
    """

    content: bytes
    styles: tuple[tuple[Style, float], ...]
    mask: bytes | None
    options: StylizeOptions
    format: str
    max_pixels: int

    def run(self, stylizer: Stylizer) -> Painted:
        """See :class:`Task`."""
        started = time.perf_counter()
        content = read_named(self.content, "content", self.max_pixels)
        height, width = content.pixels.shape[:2]
        check_cost(height, width, self.options, self.max_pixels)
        style = [(open_style(part, self.options, self.max_pixels), weight) for part, weight in self.styles]
        mask = None if self.mask is None else read_mask(_named(self.mask, "mask"), max_pixels=self.max_pixels)
        pastiche = compose(
            stylizer,
            content.visible,
            style if mask is None else None,
            regions=[] if mask is None else [(mask, style)],
            feather=self.options.feather,
            look=self.options,
        )
        file = BytesIO()
        write_picture(
            file,
            pastiche,
            alpha=None if content.alpha is None else resize(content.alpha, *pastiche.shape[:2]),
            exif=content.exif,
            dpi=content.dpi,
            quality=self.options.quality,
            format=self.format,
        )
        return Painted(file.getvalue(), time.perf_counter() - started, frames=content.frames)


@dataclass(frozen=True, eq=False)
class EncodeStyle:
    """Encode a picture's style, to be painted with later."""

    picture: bytes
    max_pixels: int

    def run(self, stylizer: Stylizer) -> Encoded:
        """See :class:`Task`."""
        pixels = read_named(self.picture, "picture", self.max_pixels).visible
        kept = _file(_at_most(pixels, KEPT_SIDE), "JPEG", KEPT_QUALITY)
        return Encoded(stylizer.encode_style(pixels), kept, _file(_at_most(pixels, THUMBNAIL), "WEBP", FRAME_QUALITY))


@dataclass(frozen=True, eq=False)
class PaintFrame:
    """Paint a frame of a camera.

    Attributes:
        frame: a file.
        memory: what the frame before gave (:class:`Painted`).
        seconds: since that frame.
        meanwhile: a code to paint with until what a learnt style needs has been made ready.
    """

    frame: bytes
    code: Code
    look: LookOptions
    memory: dict[str, Any] | None
    seconds: float
    max_pixels: int
    meanwhile: Code | None = None

    def run(self, stylizer: Stylizer) -> Painted:
        """See :class:`Task`."""
        started = time.perf_counter()
        frame = read_named(self.frame, "the frame", self.max_pixels)
        pixels = frame.pixels
        height, width = pixels.shape[:2]
        check_cost(height, width, self.look, self.max_pixels)
        if self.look.size is not None:
            pixels = resize(pixels, *fit_size(height, width, self.look.size))
        painter = FramePainter(stylizer, self.look, 1.0, self.memory)
        current = self.meanwhile is None or stylizer.ready_soon(self.code)
        code = self.code if current or self.meanwhile is None else self.meanwhile
        file = _file(painter.paint(pixels, code, self.seconds), "JPEG", FRAME_QUALITY)
        return Painted(file, time.perf_counter() - started, painter.memory, current)


def read_named(data: bytes, name: str, max_pixels: int) -> Picture:
    """Read a picture; errors call it by the name that the client gave it."""
    return read_picture(_named(data, name), max_pixels=max_pixels)


def check_cost(height: int, width: int, look: LookOptions, max_pixels: int) -> None:
    """Refuse a photo of so many pixels if it would be painted with more than are allowed.

    Raises:
        PictureTooLarge: it would.
    """
    if look.size is not None:
        height, width = fit_size(height, width, look.size)
    finer = min(1.0, stroke_scale(look, height, width))
    if height * width / finer**2 > max_pixels:
        enlarged = f" for strokes of {look.stroke:g}" if finer < 1 else ""
        raise PictureTooLarge(
            f"the pastiche of {width}×{height} pixels would be painted{enlarged} with {height * width / finer**2:,.0f} "
            f"pixels, more than the {max_pixels:,} allowed here; give a smaller size, or a larger stroke"
        )


def open_style(style: Style, look: LookOptions, max_pixels: int) -> Code | NDArray[np.uint8]:
    """The style's code, or its picture, uint8 h×w×3.

    Raises:
        ImageError: it cannot be read, or would be looked at with too many pixels.
    """
    if not isinstance(style, bytes):
        return style
    pixels = read_named(style, "style_picture", max_pixels).visible
    height, width = pixels.shape[:2]
    side = look.style_size or 0
    aspect = min(max(height, width) / min(height, width), MAX_ASPECT)
    if side * side * aspect > STYLE_PIXELS:
        most = math.isqrt(int(STYLE_PIXELS / aspect))
        raise PictureTooLarge(f"style_size is {side}, more than the {most} possible here for a picture of this shape")
    return pixels


class _Named(BytesIO):
    name: str


def _named(data: bytes, name: str) -> BytesIO:
    stream = _Named(data)
    stream.name = name
    return stream


def _at_most(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    return pixels if max(height, width) <= side else resize(pixels, *fit_size(height, width, side))


def _file(pixels: NDArray[np.uint8], kind: str, quality: int) -> bytes:
    file = BytesIO()
    write_picture(file, pixels, format=kind, quality=quality)
    return file.getvalue()
