"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["parts_progress", "progress"]


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
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(TextColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.1f} {counted}/s")

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    if counted is not None:
        columns.append(Speed(""))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(doing, total=total, completed=begun)
        yield lambda: bar.advance(task)


@contextmanager
def parts_progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that appears when the function given is first called, with the parts done and their total."""
    with ExitStack() as stack:
        bars: list[Callable[[], None]] = []

        def advance(_done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(progress(doing, total)))
            bars[0]()

        yield advance
