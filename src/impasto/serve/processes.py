"""Which process wrote something, and whether it still runs: numbers of processes are given out again and again."""

from __future__ import annotations

import functools
import os
import secrets
import socket
from pathlib import Path

__all__ = ["here", "is_running", "machine_of"]


@functools.cache
def _nonce(_pid: int) -> str:
    return secrets.token_hex(8)


def here() -> str:
    """What tells this process from any other: ``MACHINE:NUMBER:BEGINNING``."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_beginning(pid)}"


def machine_of(process: str) -> str:
    """The machine that a process runs on."""
    return process.partition(":")[0]


def is_running(process: str) -> bool:
    """Whether a process of this machine, as :func:`here` names it, has not ended."""
    number, _, beginning = process.partition(":")[2].partition(":")
    if not number.isdecimal():
        return False
    pid = int(number)
    if pid == os.getpid():  # in a container, a server that is started again often has the number that it had
        return process == here()
    if os.name == "nt":  # where asking would end it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    found = _system_beginning(pid)
    return not found or not beginning or found == beginning


def _beginning(pid: int) -> str:
    return _system_beginning(pid) or _nonce(pid)


def _system_beginning(pid: int) -> str:
    """When a process began, in ticks since the machine did; empty where the system does not say (only Linux does)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[19] if len(fields) > 19 else ""
