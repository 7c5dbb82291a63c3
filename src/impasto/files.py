"""Writing files so that a reader sees the old one, the new one or none, never a part of one; the folder for caches."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["MOVED", "cache_folder", "open_atomically", "scratch_beside", "system_cache", "write_atomically"]

MOVED = "moved-to.txt"  # in the system's folder: where the cache is instead


def write_atomically(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write beside ``path``, then move into place; whatever fails, nothing of the attempt is left behind.

    Args:
        path: the file; its folder must exist.
        data: its whole content.
        overwrite: replace an existing file. If false, a file that appears at any moment before the move is kept.

    Raises:
        FileExistsError: ``path`` exists and ``overwrite`` is false.
        OSError: the folder is missing or not writable, the disk is full, ...
    """
    with open_atomically(path, overwrite=overwrite) as file:
        file.write(data)


@contextlib.contextmanager
def open_atomically(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """:func:`write_atomically` for data that comes in parts; an exception inside the block drops all of them."""
    # A short name of its own: the target's may already be as long as the file system allows.
    with scratch_beside(path) as beside:
        # Opening with "x" grants the usual permissions; tempfile's would be the owner's alone.
        with beside.open("xb") as file:
            yield file
        if overwrite:
            os.replace(beside, path)
        else:
            _move_if_free(beside, path)


@contextlib.contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """A name for a file in the same folder as ``path``, which is deleted when the block ends, however it ends."""
    scratch = path.with_name(f".impasto-{uuid.uuid4().hex[:12]}.part")
    try:
        yield scratch
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink()


def cache_folder() -> Path:
    """``$IMPASTO_CACHE``, or where ``impasto cache --move`` put it, or else :func:`system_cache`; it need not exist.

    Raises:
        RuntimeError: there is no home folder.
    """
    if chosen := os.environ.get("IMPASTO_CACHE"):
        return Path(chosen).expanduser()
    default = system_cache()
    try:
        return Path((default / MOVED).read_text(encoding="utf-8")) if (default / MOVED).is_file() else default
    except (OSError, ValueError):
        return default


def system_cache() -> Path:
    """``impasto`` in the system's folder for caches.

    Raises:
        RuntimeError: there is no home folder.
    """
    if sys.platform == "win32":
        system = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        system = Path.home() / "Library" / "Caches"
    else:
        system = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(system) / "impasto"


def _move_if_free(source: Path, target: Path) -> None:
    """Linking fails if the name is taken, where renaming would replace."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links here (FAT, some network drives): claim the name, then move onto the claim
        target.open("xb").close()
        try:
            os.replace(source, target)
        except OSError:
            target.unlink()
            raise
