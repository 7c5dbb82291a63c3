"""Compiled graphs on disk, so that the second start is quick. Losing the cache costs time, never a result.

An entry is its data's CRC followed by the data, so that one cut short by a crash or a full disk is noticed and made
again.
"""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path

from impasto.files import cache_folder, write_atomically

__all__ = ["cache_folder", "load", "store"]

MAX_BYTES = 256 * 2**20
CRC_BYTES = 4
SUFFIX = ".compiled"


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
