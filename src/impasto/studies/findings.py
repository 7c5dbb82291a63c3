"""What a study found: a table, a figure, and how to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from impasto.image.levels import Pixels

__all__ = ["Findings", "Pixels", "Row", "cell_text"]

Row: TypeAlias = dict[str, "str | int | float | None"]


@dataclass(frozen=True, eq=False)
class Findings:
    """What a study gives back."""

    rows: Sequence[Row]
    """The table: every row has the same columns; None where there is nothing to say."""
    figure: Pixels
    """Pictures with labels, and a plot where there is one; uint8 h×w×3. No style picture is in it."""
    notes: Sequence[str]
    """Sentences that stand above the table: what was held equal, what the columns mean."""
    data: dict[str, Any] = field(default_factory=dict)
    """Curves and configurations that do not fit a table; what JSON can hold."""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.rows[0])

    def markdown(self, title: str, figure: str) -> str:
        """Title, notes, the figure (by its file's name) and the table as Markdown."""
        lines = [f"# {title}", "", " ".join(self.notes), "", f"![{title}]({figure})", ""]
        numeric = [all(not isinstance(row[column], str) for row in self.rows) for column in self.columns]
        lines += [_line(self.columns), _line(["---:" if right else "---" for right in numeric])]
        lines += [_line([cell_text(value) for value in row.values()]) for row in self.rows]
        return "\n".join([*lines, ""])


def cell_text(value: str | float | None) -> str:
    """A value of the table for people: three significant digits, an en dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
    return str(value)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
