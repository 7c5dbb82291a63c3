"""Films that are made of still pictures: animations (GIF, WebP, PNG) and folders of numbered frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ImageError, OutputExists, VideoError
from impasto.files import open_atomically
from impasto.image.io import WRITABLE, read_picture
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
        self.lost = 0
        self.rate = rate
        self.time_base = 1 / rate
        self.files = sorted((one for one in folder.iterdir() if one.suffix.lower() in WRITABLE), key=_in_order)
        self.duration: float | None = len(self.files) / float(rate)
        first = next((found for one in self.files if (found := self._read(one)) is not None), None)
        if first is None:
            raise VideoError(f"the folder {folder} holds no frame that can be read")
        self.lost = 0
        height, width = int(first.shape[0]), int(first.shape[1])
        self.height, self.width = (height, width) if size is None else fit_size(height, width, size)

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
            pixels = self._read(file)
            if pixels is not None:
                yield Frame(resize(pixels, self.height, self.width), time, index)

    def _read(self, file: Path) -> NDArray[np.uint8] | None:
        try:
            return read_picture(file).visible
        except ImageError:
            self.lost += 1
            return None


def is_numbered(target: Path) -> bool:
    """Whether a target is a pattern of numbered frames such as ``frames/%05d.png``."""
    return NUMBER.search(target.name) is not None


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
    quality: int,
    overwrite: bool,
) -> None:
    """Write an animation that repeats for ever. Its format wants all frames at once.

    Args:
        frames: uint8 h×w×3.
        times: of each frame in seconds, rising; a GIF's are rounded to hundredths.
        last: seconds that the last frame stays.
        overwrite: replace an existing file.

    Raises:
        VideoError, OutputExists: it cannot be written.
    """
    ends = [*times[1:], times[-1] + last]
    durations = [max(10, round((end - begin) * 1000)) for begin, end in zip(times, ends, strict=True)]
    pictures = [Image.fromarray(one) for one in frames]
    kind = ANIMATIONS[path.suffix.lower()]
    details = {"quality": quality} if kind == "WEBP" else {}
    try:
        with open_atomically(path, overwrite=overwrite) as file:
            pictures[0].save(
                file, kind, save_all=True, append_images=pictures[1:], duration=durations, loop=0, **details
            )
    except FileExistsError:
        raise OutputExists(f"cannot write {path}: it exists already; move it out of the way") from None
    except (OSError, ValueError) as error:
        raise VideoError(f"cannot write {path}: {error}") from None


def _in_order(file: Path) -> list[tuple[int, int | str]]:
    parts = re.split(r"(\d+)", file.name.lower())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]
