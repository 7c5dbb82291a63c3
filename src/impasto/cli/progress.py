"""How far it is, on standard error: a bar where that is a terminal, and else a line every half minute."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Lines", "parts_progress", "progress"]

SECONDS_BETWEEN_LINES = 30.0
PATIENCE = 2.0  # seconds after which a terminal shows that something is done


class Lines:
    """Says how far it is every half minute, for logs; on a terminal, where a bar does that, nothing.

    Args:
        doing: what is done.
        seconds: between two lines, and before the first.
    """

    def __init__(self, doing: str, seconds: float | None = None) -> None:
        self._doing = doing
        self._seconds = SECONDS_BETWEEN_LINES if seconds is None else seconds
        self._begun = self._told = time.monotonic()
        self._first: float | None = None
        self._silent = sys.stderr.isatty()

    def tell(self, share: float | None = None, words: str = "") -> None:
        """Say it, if it is time.

        Args:
            share: how much is done, from 0 to 1; the time left follows from it.
            words: more of it.
        """
        now = time.monotonic()
        if share is not None and self._first is None:
            self._first = share  # of a run that goes on where another stopped
        if self._silent or now - self._told < self._seconds:
            return
        self._told = now
        parts = [self._doing, words] if share is None else [self._doing, f"{share:.0%}", words]
        if share is not None and self._first is not None and share > self._first:
            left = (now - self._begun) * (1 - share) / (share - self._first)
            parts.append(f"{_span(left)} left")
        click.echo("  ".join(part for part in parts if part), err=True)


@contextmanager
def progress(
    doing: str, total: int | None, *, begun: int = 0, counted: str | None = None
) -> Iterator[Callable[[], None]]:
    """Show a bar while the block runs; the function it is given moves the bar on by one of ``total`` steps.

    What is printed meanwhile appears above the bar.

    Args:
        total: ``None`` if nobody knows.
        begun: steps that an earlier run made.
        counted: what the steps are, to show how many of them there are in a second.
    """
    if not sys.stderr.isatty():
        lines, done = Lines(doing), begun

        def count() -> None:
            nonlocal done
            done += 1
            words = f"{done}{f' of {total}' if total else ''}{f' {counted}' if counted else ''}"
            lines.tell(done / total if total else None, words)

        lines.tell(begun / total if total else None)
        yield count
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(TextColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.1f} {counted}/s")

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    if counted is not None:
        columns.append(Speed(""))
    with _bar(*columns) as bar:
        task = bar.add_task(doing, total=total, completed=begun)
        yield lambda: bar.advance(task)


@contextmanager
def parts_progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for what may take long: it appears after two seconds, or with the first part.

    Until the function given is called with the parts done and their total, it moves without saying how far it is.
    """
    lines = Lines(doing)
    if not sys.stderr.isatty():
        yield lambda done, total: lines.tell(done / total, f"{done} of {total} parts")
        return
    lock, ended = threading.Lock(), False
    shown: list[Progress] = []

    def show() -> None:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

        with lock:
            if not shown and not ended:
                shown.append(_bar(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()))
                shown[0].start()
                shown[0].add_task(doing, total=None)

    def advance(done: int, total: int) -> None:
        show()
        shown[0].update(shown[0].task_ids[0], completed=done, total=total)

    timer = threading.Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield advance
    finally:
        timer.cancel()
        with lock:
            ended = True
        for bar in shown:
            bar.stop()


def _bar(*columns: object) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())  # type: ignore[arg-type]


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
