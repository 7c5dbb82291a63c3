"""Averages over time, for what must change slowly from frame to frame."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

__all__ = ["Smoothed"]


class Smoothed:
    """An exponential moving average of an array, by time.

    Args:
        seconds: its time constant; at 0 it is the last value.
        value: to begin with.
    """

    def __init__(self, seconds: float, value: NDArray[Any] | None = None) -> None:
        self._seconds = seconds
        self.value = value

    def update(self, value: NDArray[Any], seconds: float, *, reset: bool = False) -> NDArray[Any]:
        """The average after a new value, ``seconds`` after the last; after a reset, the value itself."""
        if self.value is None or reset or self._seconds == 0:
            self.value = value
        else:
            kept = math.exp(-max(0.0, seconds) / self._seconds)
            self.value = kept * self.value + (1 - kept) * value
        return self.value
