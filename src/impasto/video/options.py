"""What films and the live camera can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from impasto.errors import UsageError
from impasto.options import EngineOptions, LookOptions, option

__all__ = ["FilmOptions", "LiveOptions", "MovingOptions"]

VIDEO_CODECS = ("auto", "h264", "h265", "vp9", "av1")
NARROWEST = 0.1


@dataclass(frozen=True, kw_only=True)
class MovingOptions(LookOptions, EngineOptions):
    """How moving pictures look."""

    steady: float = option(
        "How much flicker is taken out, from 0, which paints every frame alone, to 1", 1.0, at_least=0, at_most=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.color_when == "before":
            raise UsageError("color_when is 'before', which moving pictures have no way to do; expected 'after'")


@dataclass(frozen=True, kw_only=True)
class FilmOptions(MovingOptions):
    """How a film is painted."""

    style: tuple[str, ...] = option(
        "Preset, picture or saved style code, with an optional weight and the time from which on it is painted, such "
        "as udnie@10s or udnie@1:30; repeat to mix styles, or to change them over time",
        metavar="STYLE[:WEIGHT][@TIME]",
    )
    fade: float = option("Seconds that a change from style to style takes", 2.0, metavar="SECONDS", at_least=0)
    start: float = option("Begin at this second of the film", 0.0, metavar="SECONDS", at_least=0)
    end: float | None = option("End at this second of the film", None, metavar="SECONDS", at_least=0)
    codec: str = option("Codec of the film; auto is the container's usual one", "auto", choices=VIDEO_CODECS)
    crf: int | None = option(
        "Quality in the codec's own scale, less is better; hard to tell from lossless unless given",
        None,
        at_least=0,
        at_most=63,
    )
    preset: str | None = option(
        "Speed of the encoder by its own name, such as slow for h264, which makes files smaller", None, metavar="NAME"
    )
    fps: float = option("Frames per second of a folder of frames", 25.0, at_least=0.01, at_most=1000)
    quality: int = option("Quality of JPEG and WebP files", 92, at_least=1, at_most=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.end is not None and self.end <= self.start:
            raise UsageError(f"end is {self.end:g}, expected a time after the start, {self.start:g}")


@dataclass(frozen=True, kw_only=True)
class LiveOptions(MovingOptions):
    """How the camera's pictures are painted as they come."""

    style: tuple[str, ...] = option(
        "Preset, picture or saved style code; repeat for several, which keys change between", metavar="STYLE"
    )
    size: int | None = option("Long side of the picture in pixels", 480, metavar="PX", at_least=32, at_most=4096)
    crop: str | None = option(
        "Cut the middle of this shape out of the camera's picture, such as 1:1 or 4:3", None, metavar="W:H"
    )
    mirror: bool = option("Show the picture as a mirror does", False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.aspect  # noqa: B018 - which checks it

    @property
    def aspect(self) -> float | None:
        """Width by height to cut out, ``None`` for all of the picture."""
        if self.crop is None:
            return None
        parts = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", self.crop)
        width, height = (float(part) for part in parts.groups()) if parts else (0.0, 1.0)
        if height == 0 or not NARROWEST <= width / height <= 1 / NARROWEST:
            raise UsageError(f"crop is {self.crop!r}, expected a shape such as 4:3")
        return width / height
