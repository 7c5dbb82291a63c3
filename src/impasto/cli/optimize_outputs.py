"""What ``impasto optimize`` leaves beside the picture: previews, numbered pictures, a film, a trace, a plot, a run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from impasto.cli.extras import needs_extra
from impasto.cli.film import Film
from impasto.errors import ImageError, UsageError
from impasto.files import check_target, write_atomically
from impasto.image.io import WRITABLE, write_picture

if TYPE_CHECKING:
    from typing_extensions import Self

    from impasto.optimize.painting import Iterate, Painting

__all__ = ["Asked", "Outputs", "digest", "summary"]

SAVE_SECONDS = 60
SAVE_SHARE = 20  # and never longer than a twentieth of the time: at 2048² a state has up to a gigabyte


@dataclass(frozen=True)
class Asked:
    """The outputs that were asked for.

    Attributes:
        overwrite: replace files that exist.
        own: the target is what this run has written before, and may be replaced.
        inputs: files that are read, and so never written.

    Raises:
        OutputExists: a file exists and ``overwrite`` is false.
        UsageError, ImageError, MissingExtra: one of them cannot be written, which is known before painting begins.
    """

    target: Path
    preview: Path | None = None
    preview_seconds: float = 2.0
    save_every: int | None = None
    film: Path | None = None
    trace: Path | None = None
    plot: Path | None = None
    run: Path | None = None
    overwrite: bool = False
    own: bool = False
    inputs: Sequence[Path] = ()

    def __post_init__(self) -> None:
        files = [one for one in (self.target, self.preview, self.film, self.trace, self.plot) if one is not None]
        if len({os.path.realpath(one) for one in files}) < len(files):
            raise UsageError("two of the files to be written are one and the same; give each a name of its own")
        numbered = re.compile(rf"{re.escape(self.target.stem)}-\d{{5,}}{re.escape(self.target.suffix)}")
        if self.save_every is not None and self.target.parent.is_dir():
            files += [one for one in self.target.parent.iterdir() if numbered.fullmatch(one.name)]
        for file in files:
            replaced = self.overwrite or (self.own and file == self.target)
            check_target(file, overwrite=replaced, inputs=self.inputs)
        for path, suffixes in (
            (self.preview, tuple(WRITABLE)),
            (self.film, (".mp4",)),
            (self.trace, (".json",)),
            (self.plot, (".png",)),
        ):
            if path is None:
                continue
            if path.suffix.lower() not in suffixes:
                raise UsageError(f"cannot write {path}: its suffix is none of {', '.join(suffixes)}")
            if not path.parent.is_dir():
                raise ImageError(f"cannot write {path}: the folder {path.parent} does not exist")
        if self.film is not None:
            with needs_extra("video", "a film"):
                import av  # noqa: F401
        if self.plot is not None:
            with needs_extra("train", "a plot"):
                import matplotlib as mpl  # noqa: F401

    def numbered(self, step: int) -> Path:
        """Where the picture of a step goes."""
        return self.target.with_name(f"{self.target.stem}-{step:05d}{self.target.suffix}")


class Outputs:
    """Writes what was asked for while a picture is painted; a context manager."""

    def __init__(self, asked: Asked, painting: Painting, height: int, width: int) -> None:
        self._asked, self._painting = asked, painting
        self._stack = ExitStack()
        self._film = None
        if asked.film is not None:
            self._film = self._stack.enter_context(Film(asked.film, height, width, overwrite=asked.overwrite))
        self._shown = float("-inf")
        self._saved = time.monotonic()
        self._interval = float(SAVE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    def add(self, iterate: Iterate) -> None:
        """Take one iterate."""
        asked, painting = self._asked, self._painting
        if self._film is not None:
            self._film.add(painting.picture)
        if asked.save_every and iterate.step % asked.save_every == 0:
            write_picture(asked.numbered(iterate.step), painting.picture, overwrite=asked.overwrite)
        if asked.preview is not None and time.monotonic() - self._shown >= asked.preview_seconds:
            write_picture(asked.preview, painting.picture, overwrite=True)
            self._shown = time.monotonic()
        if time.monotonic() - self._saved >= self._interval:
            self._save()

    def finish(self) -> None:
        """Whatever there is to write when painting has ended or was stopped."""
        asked, painting = self._asked, self._painting
        if asked.preview is not None:
            write_picture(asked.preview, painting.picture, overwrite=True)
        if asked.trace is not None:
            record = {"options": painting.options.as_dict(), "seconds": painting.seconds, "steps": painting.trace}
            _write(asked.trace, json.dumps(record, indent=1).encode())
        if asked.plot is not None:
            from impasto.optimize.plot import plot_losses

            _write(asked.plot, plot_losses(painting.trace, asked.target.name))
        self._save()

    def _save(self) -> None:
        if self._asked.run is None:
            return
        from impasto.optimize.state import save_state

        began = time.monotonic()
        # What is at the target now is this run's, as nothing else is ever replaced.
        target = self._asked.target
        written = digest(target) if target.exists() else None
        save_state(self._asked.run, self._painting.state_dict() | {"output": written})
        self._saved = time.monotonic()
        self._interval = max(SAVE_SECONDS, SAVE_SHARE * (self._saved - began))


def digest(path: Path) -> str:
    """Tells a file's content from every other."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data, overwrite=True)
    except OSError as error:
        raise ImageError(f"cannot write {path}: {error.strerror or error}") from error


def summary(target: Path, painting: Painting, shape: tuple[int, ...], *, as_json: bool) -> str:
    """What is printed at the end."""
    last: dict[str, Any] = painting.trace[-1]
    height, width = shape[:2]
    if not as_json:
        ending = "" if painting.finished else ", stopped early"
        return f"{target}  {width}×{height}  {last['step']} steps{ending}  {painting.seconds:.1f} s"
    facts = {
        "output": str(target),
        "width": width,
        "height": height,
        "steps": last["step"],
        "seconds": round(painting.seconds, 2),
        "finished": painting.finished,
        "objective": last["objective"],
        "terms": last["terms"],
    }
    return json.dumps(facts, indent=2)
