"""Styles that clients added: few, for a while, under names that cannot be guessed.

They are files in one folder, so that several server processes share them::

    own-<22 letters>/   code.npy  picture.jpg  thumbnail.webp  about.json
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from impasto.errors import UnknownName
from impasto.inference.codes import Code
from impasto.serve.tasks import Encoded

__all__ = ["OwnStyle", "OwnStyles"]

NAME = re.compile(r"own-[A-Za-z0-9_-]{22}")
TOKEN_BYTES = 16
CODE, PICTURE, THUMBNAIL, ABOUT = "code.npy", "picture.jpg", "thumbnail.webp", "about.json"


@dataclass(frozen=True)
class OwnStyle:
    """What is told of a style: its title, and the address of the client that added it."""

    name: str
    title: str
    client: str


class OwnStyles:
    """A bounded, expiring store.

    Args:
        folder: where; made if need be.
        most: styles that are kept; the oldest make room.
        seconds: that a style is kept after it was last painted with.
    """

    def __init__(self, folder: Path, *, most: int, seconds: float) -> None:
        self._folder, self._most, self._seconds = folder, most, seconds
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, encoded: Encoded, *, title: str, client: str) -> OwnStyle:
        """Keep a style."""
        style = OwnStyle(f"own-{secrets.token_urlsafe(TOKEN_BYTES)}", title, client)
        scratch = self._folder / f".{secrets.token_hex(8)}"
        scratch.mkdir(mode=0o700)
        np.save(scratch / CODE, encoded.code)
        (scratch / PICTURE).write_bytes(encoded.picture)
        (scratch / THUMBNAIL).write_bytes(encoded.thumbnail)
        (scratch / ABOUT).write_text(json.dumps(asdict(style)), encoding="utf-8")
        with self._lock:
            os.replace(scratch, self._folder / style.name)  # whole or not at all
            self._sweep()
        return style

    def of_client(self, client: str) -> list[OwnStyle]:
        """The styles that a client added, the oldest first."""
        found = []
        for folder in self._fresh():
            with contextlib.suppress(OSError, ValueError):
                style = OwnStyle(**json.loads((folder / ABOUT).read_text(encoding="utf-8")))
                if style.client == client:
                    found.append(style)
        return found

    def code(self, name: str) -> Code:
        """The style code, float32[K + 12]; the style is kept for longer.

        Raises:
            UnknownName: there is no such style, or none any more.
        """
        folder = self._find(name)
        with self._known(name):
            os.utime(folder)
            code: Code = np.load(folder / CODE, allow_pickle=False)
            return code

    def picture(self, name: str) -> bytes:
        """The picture's file, as it was kept; raises as :meth:`code`."""
        with self._known(name):
            return (self._find(name) / PICTURE).read_bytes()

    def thumbnail(self, name: str) -> bytes:
        """A WebP; raises as :meth:`code`."""
        with self._known(name):
            return (self._find(name) / THUMBNAIL).read_bytes()

    def remove(self, name: str) -> None:
        """Forget a style; raises as :meth:`code`."""
        shutil.rmtree(self._find(name), ignore_errors=True)

    @staticmethod
    def is_name(name: str) -> bool:
        """Whether a style of this store could have the name."""
        return NAME.fullmatch(name) is not None

    @staticmethod
    @contextlib.contextmanager
    def _known(name: str) -> Iterator[None]:
        """A style that expires while it is read was not there."""
        try:
            yield
        except (OSError, ValueError):
            raise _unknown(name) from None

    def _find(self, name: str) -> Path:
        # Nothing but a name of ours ever becomes a part of a path.
        folder = self._folder / name
        if not self.is_name(name) or not folder.is_dir() or self._age(folder) > self._seconds:
            raise _unknown(name)
        return folder

    def _fresh(self) -> list[Path]:
        aged = [(self._age(one), one) for one in self._folder.iterdir() if self.is_name(one.name)]
        return [one for age, one in sorted(aged, reverse=True) if age <= self._seconds]

    def _sweep(self) -> None:
        kept = set(self._fresh()[-self._most :])
        for folder in self._folder.iterdir():
            if self.is_name(folder.name) and folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _age(folder: Path) -> float:
        try:
            return time.time() - folder.stat().st_mtime
        except OSError:
            return float("inf")


def _unknown(name: str) -> UnknownName:
    return UnknownName("style", name[:80], (), "GET /v1/styles lists them, and what was added is kept for a while only")
