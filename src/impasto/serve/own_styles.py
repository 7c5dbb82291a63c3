"""Styles that clients added: few, for a while, under names that cannot be guessed.

They are files in one folder, so that several server processes share them::

    own-<22 letters>/   style.npz  picture.jpg  thumbnail.webp  about.json

``style.npz`` is a style file (:mod:`impasto.weights.style_file`), which may be learnt.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from impasto.errors import StyleError, UnknownName
from impasto.files import write_atomically
from impasto.inference.codes import Code, load_code, save_code
from impasto.serve.tasks import Encoded
from impasto.weights.manifest import Manifest

__all__ = ["OwnStyle", "OwnStyles"]

NAME = re.compile(r"own-[A-Za-z0-9_-]{22}")
TOKEN_BYTES = 16
STYLE, PICTURE, THUMBNAIL, ABOUT = "style.npz", "picture.jpg", "thumbnail.webp", "about.json"
REMEMBERED = 16  # codes, as reading a learnt one takes some hundredths of a second


@dataclass(frozen=True)
class OwnStyle:
    """What is told of a style: its title, the address of the client that added it, and whether it is learnt."""

    name: str
    title: str
    client: str
    learnt: bool = False


class OwnStyles:
    """A bounded, expiring store. A copy of it in another process stores in the same place.

    Args:
        manifest: the model with which the styles are painted.
        folder: where; made if need be.
        most: styles that are kept; the oldest make room.
        seconds: that a style is kept after it was last painted with.
    """

    def __init__(self, manifest: Manifest, folder: Path, *, most: int, seconds: float) -> None:
        self._manifest, self._folder, self._most, self._seconds = manifest, folder, most, seconds
        self._lock = threading.Lock()
        self._codes: dict[tuple[str, int], Code] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def __reduce__(self) -> Any:
        return functools.partial(OwnStyles, self._manifest, self._folder, most=self._most, seconds=self._seconds), ()

    def add(self, encoded: Encoded, *, title: str, client: str) -> OwnStyle:
        """Keep a style."""
        style = OwnStyle(f"own-{secrets.token_urlsafe(TOKEN_BYTES)}", title, client)
        scratch = self._folder / f".{secrets.token_hex(8)}"
        scratch.mkdir(mode=0o700)
        save_code(scratch / STYLE, encoded.code, self._manifest, about={"title": title})
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

    def learn(self, name: str, code: Code, about: Mapping[str, Any]) -> None:
        """Let a learnt style take the place of what was encoded of its picture.

        Args:
            about: as :func:`impasto.inference.codes.save_code` keeps it.

        Raises:
            UnknownName: there is no such style, or none any more.
            StyleError: it is no style of the model.
        """
        folder, style = self._find(name), self.told(name)
        save_code(folder / STYLE, code, self._manifest, about=about, overwrite=True)
        told = json.dumps(asdict(replace(style, learnt=True))).encode()
        with self._known(name):
            write_atomically(folder / ABOUT, told, overwrite=True)

    def told(self, name: str) -> OwnStyle:
        """What is told of a style; raises as :meth:`code`."""
        with self._known(name):
            return OwnStyle(**json.loads((self._find(name) / ABOUT).read_text(encoding="utf-8")))

    def code(self, name: str) -> Code:
        """The style code, float32[K + 12], or a learnt one; the style is kept for longer.

        Raises:
            UnknownName: there is no such style, or none any more.
        """
        folder = self._find(name)
        with self._known(name):
            os.utime(folder)
            key = name, (folder / STYLE).stat().st_mtime_ns
            with self._lock:
                code = self._codes.pop(key, None)
            if code is None:
                code = load_code(folder / STYLE, self._manifest)
            with self._lock:
                self._codes[key] = code
                while len(self._codes) > REMEMBERED:
                    del self._codes[next(iter(self._codes))]
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
        except (OSError, ValueError, TypeError, StyleError):
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
