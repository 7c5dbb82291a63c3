"""Learnt styles: what learning one style changed in a model's painter, small enough to lie beside a style code.

A difference holds, for every convolution W (o×i×3×3) of the painter, two factors of what is added to it. Seen as a
matrix of 3·o rows and 3·i columns the addition has a low rank r (after Hu et al. 2022, "LoRA")::

    W'[a, b, y, x] = W[a, b, y, x] + Σ_k left[a, y, k] · right[k, b, x]

Seen so instead of as o rows and 9·i columns, a rank takes about half as many numbers. The scales and shifts of the
norms, and the few biases, are added as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from impasto.errors import StyleError

__all__ = ["Code", "Difference", "LearntCode", "Range", "Shares", "combined"]

Range: TypeAlias = "tuple[float, float, float, float]"
KERNEL = 3
LARGEST_NUMBERS = 4_000_000
_LEFT, _RIGHT, _ADDED, _RANGE = "left/", "right/", "added/", "range/"
_SCALE = "/scale"


@dataclass(frozen=True, eq=False)
class Difference:
    """What is added to the painter's weights, by the names that these have in ``paint.onnx``.

    Attributes:
        base: the sha256 of the ``paint.onnx`` to which it is added.
        factors: of convolutions: left float32[o·3, r] and right float32[r, i·3], as in this module's formula.
        added: float32, of the shape of the weight itself.
        ranges: for each convolution in 8-bit integers: least and largest value before it, and after it.
    """

    base: str
    factors: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
    added: Mapping[str, NDArray[np.float32]]
    ranges: Mapping[str, Range] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Tells this difference from every other."""
        found = hashlib.sha256()
        for name, array in sorted(self.as_arrays().items()):
            found.update(f"{name} {array.dtype} {array.shape}".encode())
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def dense(self, name: str) -> NDArray[np.float32]:
        """What is added to the weight of that name, in the weight's shape."""
        if name in self.added:
            return self.added[name]
        left, right = self.factors[name]
        matrix = (left @ right).reshape(len(left) // KERNEL, KERNEL, right.shape[1] // KERNEL, KERNEL)
        return np.ascontiguousarray(matrix.transpose(0, 2, 1, 3))

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays of a file: factors as 8-bit integers with a scale for each rank, the rest in half precision."""
        arrays: dict[str, NDArray[Any]] = {"base": np.array(self.base)}
        for name, (left, right) in self.factors.items():
            for prefix, factor, axis in ((_LEFT, left, 0), (_RIGHT, right, 1)):
                scale = np.maximum(np.abs(factor).max(axis, keepdims=True), 1e-12).astype(np.float32) / 127
                arrays[prefix + name] = np.rint(factor / scale).astype(np.int8)
                arrays[prefix + name + _SCALE] = scale
        arrays |= {_ADDED + name: array.astype(np.float16) for name, array in self.added.items()}
        return arrays | {_RANGE + name: np.array(four, np.float32) for name, four in self.ranges.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Difference:
        """What :meth:`as_arrays` gave.

        Raises:
            ValueError: they are something else.
        """
        if sum(array.size for array in arrays.values()) > LARGEST_NUMBERS:
            raise ValueError("more numbers than a painter has")
        factors, added, ranges = {}, {}, {}
        for name in (key.removeprefix(_LEFT) for key in arrays if key.startswith(_LEFT) and not key.endswith(_SCALE)):
            left, right = (
                _finite(arrays[prefix + name] * arrays[prefix + name + _SCALE], 2) for prefix in (_LEFT, _RIGHT)
            )
            if left.shape[1] != right.shape[0] or len(left) % KERNEL or right.shape[1] % KERNEL:
                raise ValueError(f"factors of the shapes {left.shape} and {right.shape}")
            factors[name] = left, right
        for key, array in arrays.items():
            if key.startswith(_ADDED):
                added[key.removeprefix(_ADDED)] = _finite(array, array.ndim)
            if key.startswith(_RANGE):
                lowest_in, highest_in, lowest_out, highest_out = (float(one) for one in _finite(array, 1))
                ranges[key.removeprefix(_RANGE)] = lowest_in, highest_in, lowest_out, highest_out
        return cls(str(arrays["base"]), factors, added, ranges)


Shares: TypeAlias = "tuple[tuple[Difference, float], ...]"


@dataclass(frozen=True, eq=False)
class LearntCode:
    """The code of a learnt style, or of a mixture in which some are learnt.

    Attributes:
        numbers: the style code, float32[K + 12], as of any style.
        differences: what is added to the painter's weights, each with its share.
    """

    numbers: NDArray[np.float32]
    differences: Shares

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the numbers."""
        return self.numbers.shape


Code: TypeAlias = NDArray[np.float32] | LearntCode


def combined(shares: Iterable[Shares], weights: Sequence[float]) -> Shares:
    """The differences of a mixture: each style's own, times the style's weight; none that has no share in the end."""
    found: dict[str, tuple[Difference, float]] = {}
    for differences, weight in zip(shares, weights, strict=True):
        for difference, share in differences:
            before = found.get(difference.digest, (difference, 0.0))[1]
            found[difference.digest] = difference, before + weight * share
    return tuple((difference, share) for difference, share in found.values() if share)


def check_base(difference: Difference, sha256: str, name: str) -> None:
    """Refuse a difference that was learnt from another painter.

    Raises:
        StyleError: it was.
    """
    if difference.base != sha256:
        raise StyleError(
            f"the style was learnt for another painter than that of the model {name!r}: learn it again with this model"
        )


def _finite(array: NDArray[Any], dimensions: int) -> NDArray[np.float32]:
    if array.dtype.kind not in "fiu" or array.ndim != dimensions:
        raise ValueError(f"an array of the type {array.dtype} and the shape {array.shape}")
    wide = array.astype(np.float32)
    if not np.isfinite(wide).all():
        raise ValueError("numbers that are not finite")
    return wide
