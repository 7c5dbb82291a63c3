"""How a process behaves that was started to do dangerous or long work for the server."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import threading
import warnings
from pathlib import Path

__all__ = ["give_back_memory", "resident_bytes", "settle_in"]

GRACE = 20.0  # seconds after SIGTERM, in which the server ends its processes in its own order


def settle_in(*, memory: int, file: int | None = None) -> None:
    """Make this process one that takes no more than its share and ends when the server does.

    Args:
        memory, file: bytes of memory, and of one file, that it may take, on systems that can hold it to that.
    """
    # Ctrl-C, and what stops a service, reach all processes at once; it is the server's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_later)
    _follow_parent()
    warnings.simplefilter("ignore")  # what Pillow remarks on damaged files would let clients fill the server's log
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if file is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing raises, and does not end the process
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))


def resident_bytes() -> int:
    """What this process holds of the machine's memory; 0 where the system does not say (only Linux does, in /proc)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def give_back_memory() -> None:
    """Return to the system what was freed; glibc keeps most of it unless it is told."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _follow_parent() -> None:
    """End this process when the one that started it ends, however that happens."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="follow-parent").start()


def _end_later(_number: int, _frame: object) -> None:
    timer = threading.Timer(GRACE, os._exit, (1,))
    timer.daemon = True
    timer.start()
