"""Stages that run side by side: each iterates in a thread of its own, a few items ahead of whoever takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
AHEAD = 2
PATIENCE = 0.1  # seconds between two looks at whether anybody still wants the items


def ahead(items: Iterator[T], most: int = AHEAD) -> Generator[T, None, None]:
    """The same items, made in a thread of its own, at most ``most`` before they are taken.

    Stages are joined by wrapping one in the next; what waits between them is bounded, and so memory is flat. An
    exception of the maker is raised here, after the items made before it. Closing this iterator ends the thread and
    closes ``items`` in it; the thread has ended when :meth:`close` returns.
    """
    made: queue.Queue[tuple[T | None, BaseException | None, bool]] = queue.Queue(most)
    closing = threading.Event()

    def put(item: T | None, error: BaseException | None, *, last: bool) -> bool:
        while not closing.is_set():
            try:
                made.put((item, error, last), timeout=PATIENCE)
            except queue.Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not put(item, None, last=False):
                    break
            else:
                put(None, None, last=True)
        except BaseException as error:  # noqa: BLE001 - it is raised where the items are taken
            put(None, error, last=True)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error, last = made.get()
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]  # only the last has no item
            del item
    finally:
        closing.set()
        thread.join()
