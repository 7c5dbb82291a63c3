"""Films that are made of still pictures: animations (GIF, WebP, PNG) and folders of numbered frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ImageError, OutputExists, VideoError
from impasto.files import open_atomically
from impasto.image.io import WRITABLE, Picture, read_picture
from impasto.image.resize import fit_size, resize
from impasto.video.reading import Frame

__all__ = ["ANIMATIONS", "FolderReader", "is_numbered", "numbered", "write_animation", "written_frames"]

ANIMATIONS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
NUMBER = re.compile(r"%0?(\d*)d")


class FolderReader:
    """The frames of a folder in the order of their names; the numbers in names count as numbers.

    Attributes:
        As of :class:`impasto.video.reading.FilmReader`.

    Raises:
        VideoError: the folder holds no picture that can be read.
    """

    def __init__(self, folder: Path, rate: Fraction, *, size: int | None = None) -> None:
        self.path: str | Path = folder
        self.lost = self.odd = 0
        self.kind: frozenset[str] = frozenset()
        self.rate = rate
        self.time_base = 1 / rate
        inside = (one for one in folder.iterdir() if one.suffix.lower() in WRITABLE and not one.name.startswith("."))
        self.files = sorted(inside, key=_in_order)
        self.duration: float | None = len(self.files) / float(rate)
        first = next((found for one in self.files if (found := self._read(one)) is not None), None)
        if first is None:
            raise VideoError(f"the folder {folder} holds no frame that can be read")
        self.lost = 0
        self._own = int(first.pixels.shape[0]), int(first.pixels.shape[1])
        self.height, self.width = self._own if size is None else fit_size(*self._own, size)

    def __enter__(self) -> FolderReader:  # noqa: PYI034 - not to be inherited from
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def frames(self, start: float = 0.0, end: float | None = None, *, after: int | None = None) -> Iterator[Frame]:
        """As :meth:`impasto.video.reading.FilmReader.frames`; pictures of another size are resized to the first's."""
        for index, file in enumerate(self.files):
            time = float(index / self.rate)
            if end is not None and time >= end:
                return
            if time < start or (after is not None and index <= after):
                continue
            found = self._read(file)
            if found is not None:
                self.odd += found.pixels.shape[:2] != self._own
                hidden = found.alpha is not None and found.alpha.min() < 255
                alpha = resize(found.alpha, self.height, self.width) if hidden and found.alpha is not None else None
                yield Frame(resize(found.visible, self.height, self.width), time, index, 1, alpha)

    def _read(self, file: Path) -> Picture | None:
        try:
            return read_picture(file)
        except ImageError:
            self.lost += 1
            return None


def is_numbered(target: Path) -> bool:
    """Whether a target is a pattern of numbered frames such as ``frames/%05d.png``; a film's name may hold anything."""
    return NUMBER.search(target.name) is not None and target.suffix.lower() in WRITABLE


def numbered(target: Path, number: int) -> Path:
    """The file of one frame, counted from 1."""
    return target.with_name(NUMBER.sub(lambda found: f"{number:0{found[1] or 1}d}", target.name))


def written_frames(target: Path) -> list[Path]:
    """The files that exist and have names which frames may get, whoever wrote them."""
    if not target.parent.is_dir():
        return []
    before, after = NUMBER.split(target.name, maxsplit=1)[::2]
    name = re.compile(re.escape(before) + r"\d+" + re.escape(after), re.IGNORECASE)
    return [one for one in target.parent.iterdir() if name.fullmatch(one.name)]


def write_animation(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    times: Sequence[float],
    *,
    last: float,
    plays: int | None,
    quality: int,
    overwrite: bool,
) -> None:
    """Write an animation. Its format wants all frames at once.

    Args:
        frames: uint8 h×w×3, or h×w×4 with transparency.
        times: of each frame in seconds, rising; a GIF's are rounded to hundredths.
        last: seconds that the last frame stays.
        plays: how often it is shown; for ever if ``None``.
        overwrite: replace an existing file.

    Raises:
        VideoError, OutputExists: it cannot be written.
    """
    ends = [*times[1:], times[-1] + last]
    durations = [max(10, round((end - begin) * 1000)) for begin, end in zip(times, ends, strict=True)]
    pictures = [Image.fromarray(one) for one in frames]
    kind = ANIMATIONS[path.suffix.lower()]
    details: dict[str, Any] = {"quality": quality} if kind == "WEBP" else {}
    # A GIF says how often it is shown again, and says nothing if it is not.
    if kind != "GIF" or plays != 1:
        details["loop"] = (plays or 0) - (kind == "GIF" and plays is not None)
    if any(one.mode == "RGBA" for one in pictures):
        pictures = [one.convert("RGBA") for one in pictures]
        # What was there before would show through; of WebPs, libwebp loses all transparency unless each is a key frame.
        details |= {"GIF": {"disposal": 2}, "WEBP": {"kmax": 1}, "PNG": {}}[kind]
    try:
        with open_atomically(path, overwrite=overwrite) as file:
            pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], duration=durations, **details)
    except FileExistsError:
        raise OutputExists(f"cannot write {path}: it exists already; move it out of the way") from None
    except (OSError, ValueError) as error:
        raise VideoError(f"cannot write {path}: {error}") from None


def _in_order(file: Path) -> list[tuple[int, int | str]]:
    parts = re.split(r"(\d+)", file.name.lower())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]
