"""Hearing of the end before the server waits for it.

A server that is told to stop first waits for open connections, and only then tells the application. Connections that
follow a job or a camera would wait for ever; so they are told at the signal itself.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["on_signals"]


@contextmanager
def on_signals(event: asyncio.Event) -> Iterator[None]:
    """Set an event of the running loop when SIGINT or SIGTERM comes, and go on to whoever else listens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def chained(before: Any) -> Callable[[int, Any], None]:
        def heard(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(event.set)
            if callable(before):
                before(number, frame)

        return heard

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, before in handlers.items():
        signal.signal(number, chained(before))
    try:
        yield
    finally:
        for number, before in handlers.items():
            signal.signal(number, before)
