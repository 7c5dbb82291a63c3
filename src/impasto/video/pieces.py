"""A film in pieces: what has been painted is on disk, whole, whatever happens next, and a later run goes on after it.

The folder beside the target holds one file for every ten seconds or so, a list of them, and what the stages remembered
after the last of them. Only when the film is complete (or was interrupted) are the pieces joined into the target.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from impasto.errors import VideoError
from impasto.files import LONGEST_NAME, write_atomically

__all__ = ["FRAMES_PER_PIECE", "Piece", "Pieces", "begun", "folder_of"]

FRAMES_PER_PIECE = 250
LIST, MEMORY = "pieces.json", "memory.npz"


@dataclass(frozen=True)
class Piece:
    """One file of consecutive frames.

    Attributes:
        file: its name in the folder.
        first, last: time stamps of its first and last frame, in the film's time base.
        frames: how many it has.
        duration: how long the last frame is to be seen, in the same units; 0 if nobody knows.
    """

    file: str
    first: int
    last: int
    frames: int
    duration: int = 0


def folder_of(target: Path) -> Path:
    """Where the pieces of a film are kept: beside it, under its name as far as there is room for that."""
    name = f".{target.name}.pieces"
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f".impasto-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}.pieces"
    return target.with_name(name)


def begun(target: Path) -> bool:
    """Whether there are pieces of a film to go on with."""
    return (folder_of(target) / LIST).is_file()


class Pieces:
    """The pieces of one film.

    Args:
        target: the film; the folder is beside it.
        made_of: everything that decides what a frame becomes, as plain values. Pieces made of something else are no
            part of this film.
        resume: go on with the pieces that are there; otherwise they are thrown away.

    Raises:
        VideoError: the folder cannot be made, or holds pieces of another film.
    """

    def __init__(self, target: Path, made_of: Mapping[str, Any], *, resume: bool) -> None:
        self._folder = folder_of(target)
        self._made_of = json.loads(json.dumps(made_of))
        self.done: list[Piece] = []
        self.memory: dict[str, Any] = {}
        if resume and (self._folder / LIST).is_file():
            self._load(target)
        elif self._folder.exists():
            shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VideoError(f"cannot make the folder {self._folder}: {error.strerror or error}") from None

    @property
    def frames(self) -> int:
        """How many frames are painted."""
        return sum(one.frames for one in self.done)

    @property
    def paths(self) -> list[Path]:
        """The files in order."""
        return [self._folder / one.file for one in self.done]

    def next_path(self) -> Path:
        """Where the next piece is to be written."""
        return self._folder / f"{len(self.done):05}.mp4"

    @property
    def trial_path(self) -> Path:
        """Where a piece may be written that is none of the film."""
        return self._folder / "trial-piece.mp4"

    def add(self, piece: Piece, memory: Mapping[str, Any]) -> None:
        """Record a piece that is complete, and what is to be remembered after it.

        Raises:
            VideoError: the disk is full, ...
        """
        self.done.append(piece)
        self.memory = dict(memory)
        arrays = io.BytesIO()
        np.savez(arrays, allow_pickle=False, **{name: np.asarray(value) for name, value in memory.items()})
        listing = {"made_of": self._made_of, "pieces": [asdict(one) for one in self.done]}
        try:
            # The memory first, and named after its piece: a crash between the two leaves the old list with its own.
            write_atomically(self._memory(len(self.done)), arrays.getvalue(), overwrite=True)
            write_atomically(self._folder / LIST, json.dumps(listing).encode(), overwrite=True)
            self._memory(len(self.done) - 1).unlink(missing_ok=True)
        except OSError as error:
            raise VideoError(f"cannot write {self._folder}: {error.strerror or error}") from None

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def discard_unless_begun(self) -> None:
        """Remove the folder if there is nothing in it to go on with."""
        if not self.done:
            self.discard()

    def _memory(self, count: int) -> Path:
        return self._folder / f"{count:05}-{MEMORY}"

    def _load(self, target: Path) -> None:
        try:
            listing = json.loads((self._folder / LIST).read_bytes())
            if listing["made_of"] != self._made_of:
                raise VideoError(
                    f"{target} was begun from another film or with other options; give the same, or leave out --resume"
                )
            self.done = [Piece(**one) for one in listing["pieces"]]
            with np.load(self._memory(len(self.done)), allow_pickle=False) as arrays:
                self.memory = dict(arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VideoError(f"cannot resume {target}: {error}; leave out --resume to start again") from None
