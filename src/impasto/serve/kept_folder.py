"""A server's temporary folder; what a killed one left is taken over by the next at the same address, or deleted."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from impasto.files import write_atomically
from impasto.serve.processes import here, is_running

__all__ = ["take_folder"]

PREFIX = "impasto-studio-"
ABOUT = "server.json"


def take_folder(address: str | None, seconds: float) -> Path:
    """A folder for this server's clients' jobs and styles, with what a killed one at the same address left there.

    Folders of killed servers that nobody will ask for any more are deleted.

    Args:
        address: host and port at which clients will find the server again; ``None`` if they cannot.
        seconds: after which nobody asks for what a server of another address left.
    """
    found: Path | None = None
    left = [one for one in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_own(one)]
    for folder in sorted(left, key=_age):
        owner, at = _told(folder)
        if owner is None:  # just made by another, or of an earlier version
            unwanted = _age(folder) > seconds
        elif is_running(owner):
            continue
        else:
            if found is None and address is not None and at == address:
                found = folder
                continue
            unwanted = at in (None, address) or _age(folder) > seconds
        if unwanted:
            shutil.rmtree(folder, ignore_errors=True)
    if found is None:
        found = Path(tempfile.mkdtemp(prefix=PREFIX))
    write_atomically(found / ABOUT, json.dumps({"owner": here(), "address": address}).encode(), overwrite=True)
    return found


def _is_own(folder: Path) -> bool:
    """Whether it is a folder of this user's, into which nobody else can write."""
    with contextlib.suppress(OSError):
        facts = folder.lstat()
        own = os.name == "nt" or (facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        return stat.S_ISDIR(facts.st_mode) and own
    return False


def _age(folder: Path) -> float:
    """Seconds since anything was begun or ended there."""
    try:
        return time.time() - max(one.stat().st_mtime for one in (folder, *folder.glob("*"), *folder.glob("*/*")))
    except OSError:
        return 0.0


def _told(folder: Path) -> tuple[str | None, str | None]:
    try:
        told = json.loads((folder / ABOUT).read_bytes())
        return str(told["owner"]), told["address"]
    except (OSError, ValueError, TypeError, KeyError):
        return None, None
