"""Painting by optimising the picture itself (Gatys et al. 2016): slow, and the best that style transfer can do.

>>> from impasto.optimize import OptimizeOptions, Painting
>>> painting = Painting(photo, [artwork], OptimizeOptions(size=512, steps=200))  # uint8 h×w×3 each
>>> for iterate in painting.iterates():
...     print(iterate.step, iterate.objective, iterate.terms)
>>> painting.picture                                                             # uint8 h×w×3

Importing this room imports no torch, so that the command line can show its options; each name is fetched when it is
first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from impasto.optimize.objective import Objective
    from impasto.optimize.options import OptimizeOptions
    from impasto.optimize.painting import Iterate, Painting

__all__ = ["Iterate", "Objective", "OptimizeOptions", "Painting"]

_HOMES = {
    "Iterate": "impasto.optimize.painting",
    "Objective": "impasto.optimize.objective",
    "OptimizeOptions": "impasto.optimize.options",
    "Painting": "impasto.optimize.painting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
