"""Compiled graphs on disk, so that the second start is quick. Losing the cache costs time, never a result.

An entry is its data's CRC followed by the data, so that one cut short by a crash or a full disk is noticed and made
again.
"""

from __future__ import annotations

import contextlib
import shutil
import zlib
from pathlib import Path

from impasto.files import MOVED, cache_folder, system_cache, write_atomically

__all__ = ["KINDS", "MAX_BYTES", "cache_folder", "clear", "contents", "load", "move", "store"]

MAX_BYTES = 256 * 2**20
CRC_BYTES = 4
SUFFIX = ".compiled"
# All that Impasto keeps there, so that nothing else in the folder is ever counted, moved or deleted.
KINDS = {
    "compiled graphs": f"*{SUFFIX}",
    "fetched weights": "vgg1[69]-*.pth",
    "fonts for plots": "matplotlib/*",
}


def load(key: str) -> bytes | None:
    """The data stored under ``key``, a file name without a suffix; ``None`` if it is absent, unreadable or damaged."""
    try:
        with _entry(key).open("rb") as file:
            stored, data = file.read(CRC_BYTES), file.read()
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return data if _crc(data) == stored else None


def store(key: str, data: bytes) -> None:
    """Keep ``data`` under ``key`` and drop the oldest entries beyond 256 MB; where that fails, do nothing."""
    with contextlib.suppress(OSError, RuntimeError):
        entry = _entry(key)
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(entry, _crc(data) + data, overwrite=True)
        _prune(entry.parent)


def contents() -> dict[str, list[Path]]:
    """The files in the cache, by what they are.

    Raises:
        RuntimeError: there is no home folder.
    """
    folder = cache_folder()
    return {kind: sorted(file for file in folder.glob(pattern) if file.is_file()) for kind, pattern in KINDS.items()}


def clear() -> int:
    """Delete what is in the cache; how many bytes that frees.

    Raises:
        OSError: a file cannot be deleted.
        RuntimeError: there is no home folder.
    """
    freed = 0
    for file in (file for files in contents().values() for file in files):
        size = file.stat().st_size
        file.unlink(missing_ok=True)
        freed += size
    return freed


def move(folder: Path) -> None:
    """Keep the cache in another folder from now on, and bring along what is in it.

    Raises:
        OSError: the folder cannot be made or written.
        RuntimeError: there is no home folder.
    """
    target, source, default = folder.expanduser().resolve(), cache_folder(), system_cache()
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file in (file for files in contents().values() for file in files):
        destination = target / file.relative_to(source)
        destination.parent.mkdir(exist_ok=True)
        shutil.move(file, destination)
    if target == default.resolve():
        (default / MOVED).unlink(missing_ok=True)
    else:
        default.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(default / MOVED, str(target).encode(), overwrite=True)


def _entry(key: str) -> Path:
    return cache_folder() / f"{key}{SUFFIX}"


def _crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(CRC_BYTES, "big")


def _prune(folder: Path) -> None:
    newest_first = sorted(folder.glob(f"*{SUFFIX}"), key=lambda entry: entry.stat().st_mtime, reverse=True)
    total = 0
    for entry in newest_first:
        total += entry.stat().st_size
        if total > MAX_BYTES:
            entry.unlink()
