"""A record of a batch: one line of JSON for each photo, written as it is done."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from impasto.batch.job import Outcome
from impasto.errors import ImageError

__all__ = ["BatchManifest", "read_entries"]


class BatchManifest:
    """A file of JSON lines that grows by one whole line for each outcome, and that later runs continue.

    A line has ``input``, ``output``, ``status`` (painted, skipped or failed), ``width``, ``height``, ``seconds``,
    ``bytes`` and ``sha256`` of the output, ``error`` and ``finished`` (UTC); what does not apply is null.

    Args:
        path: the file; made with the first line.

    Raises:
        ImageError: it cannot be read or is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._recorded = {entry["output"] for entry in read_entries(path) if entry["status"] == "painted"}

    def add(self, outcome: Outcome) -> None:
        """Write one line. A photo that was skipped because an earlier run of this manifest painted it needs no second.

        Raises:
            ImageError: the line cannot be written.
        """
        output = str(outcome.job.target)
        if outcome.status == "skipped" and output in self._recorded:
            return
        painted = outcome.status == "painted"
        try:
            data = Path(output).read_bytes() if painted else b""
            _append(self._path, json.dumps(_entry(outcome, data), ensure_ascii=False))
        except OSError as error:
            raise ImageError(f"cannot write the manifest {self._path}: {error.strerror or error}") from None
        if painted:
            self._recorded.add(output)


def read_entries(path: Path) -> list[dict[str, Any]]:
    """The lines of a manifest; none if there is no such file. A line that a power cut left unfinished is passed over.

    Raises:
        ImageError: the file cannot be read, or not one of its lines is a manifest's.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ImageError(f"cannot read the manifest {path}: {error.strerror or error}") from None
    entries = [entry for line in lines if (entry := _parsed(line))]
    if lines and not entries:
        raise ImageError(f"{path} is no manifest; give another file with --manifest")
    return entries


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and {"input", "output", "status"} <= entry.keys() else None


def _entry(outcome: Outcome, data: bytes) -> dict[str, Any]:
    painted = outcome.status == "painted"
    return {
        "input": outcome.job.name,
        "output": str(outcome.job.target),
        "status": outcome.status,
        "width": outcome.width or None,
        "height": outcome.height or None,
        "seconds": round(outcome.seconds, 4),
        "bytes": len(data) if painted else None,
        "sha256": hashlib.sha256(data).hexdigest() if painted else None,
        "error": str(outcome.error) if outcome.error else None,
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _append(path: Path, line: str) -> None:
    # One write to a file opened for appending: a reader, or a second run, sees whole lines only. A file name may hold
    # bytes that are no text.
    data = (line + "\n").encode("utf-8", "surrogateescape")
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o666)
    try:
        if _unfinished(path):
            data = b"\n" + data
        os.write(file, data)
    finally:
        os.close(file)


def _unfinished(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
