"""Painters' graphs with learnt styles merged in, for whoever paints elsewhere: a bounded folder of files.

Server processes share the folder. A graph has some megabytes and takes a fifth of a second to make.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path

from impasto.files import write_atomically
from impasto.weights.manifest import PAINT, Manifest

__all__ = ["Graphs", "tag_of"]

MOST_FILES = 24


class Graphs:
    """The graphs that were asked for last.

    Args:
        folder: where; made if need be.
        most: files that are kept.
    """

    def __init__(self, folder: Path, *, most: int = MOST_FILES) -> None:
        self._folder, self._most = folder, most
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, manifest: Manifest) -> Path:
        """The file of :data:`PAINT` with the manifest's differences.

        Raises:
            WeightsError, StyleError: as :meth:`impasto.weights.manifest.Manifest.graph`.
        """
        path = self._folder / f"{tag_of(manifest, PAINT)}.onnx"
        with self._lock:  # one at a time, for the memory that merging takes
            if path.exists():
                os.utime(path)
            else:
                write_atomically(path, manifest.graph(PAINT), overwrite=True)
                self._sweep()
        return path

    def _sweep(self) -> None:
        aged = []
        for file in self._folder.glob("*.onnx"):
            with contextlib.suppress(OSError):
                aged.append((file.stat().st_mtime_ns, file))
        for _, file in sorted(aged)[: -self._most]:
            file.unlink(missing_ok=True)


def tag_of(manifest: Manifest, file: str) -> str:
    """Names what a graph holds: 64 hexadecimal digits."""
    if not manifest.differences:
        return manifest.sha256(file)
    return hashlib.sha256(manifest.graph_key(file).encode()).hexdigest()
