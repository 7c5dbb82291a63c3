"""Which files the arguments of a command name, so that none of them is ever written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

__all__ = ["files_named"]

SEPARATORS = re.compile(r"[:@=]")  # FILE:WEIGHT, FILE@TIME, FILE=STYLE
MOST_SEPARATORS = 12


def files_named(*arguments: str | Path | Iterable[str | Path] | None) -> list[Path]:
    """Every file and folder that arguments may mean, with or without a weight, a time or a style after its name.

    >>> files_named("photo.jpg", ["art.jpg:2", "sky.png=udnie"])
    [Path("photo.jpg"), Path("art.jpg"), Path("sky.png")]
    """
    found: dict[Path, None] = {}
    for argument in arguments:
        if argument is None:
            continue
        for one in [argument] if isinstance(argument, (str, Path)) else argument:
            found |= dict.fromkeys(part for part in _parts(str(one)) if _exists(part))
    return list(found)


def _parts(argument: str) -> Iterable[Path]:
    cuts = [place.start() for place in SEPARATORS.finditer(argument)][:MOST_SEPARATORS]
    yield Path(argument)
    for begin, end in combinations([-1, *cuts, len(argument)], 2):
        if argument[begin + 1 : end]:
            yield Path(argument[begin + 1 : end])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or with a null in it
        return False
