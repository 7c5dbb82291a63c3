"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["print_table"]

WIDTH_IN_FILES = 240


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their header, fitted to the terminal; in a file or pipe no row is broken."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_FILES
    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as Text, brackets in a title are no markup
    console.print(table)
