"""A painter's graphs with the differences of learnt styles merged into their weights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import StyleError
from impasto.weights.difference import Shares
from impasto.weights.tensors import read_tensors, replace_tensors

__all__ = ["merge", "merge_int8"]

HALF = ".half"
OWN = ".own"
QUANTIZED, SCALE, ZERO = "_quantized.own", "_scale.own", "_zero_point.own"
LEVELS = 127  # of a weight's magnitude
STEPS = 255  # between an activation's least and largest value


def merge(graph: bytes, shares: Shares) -> bytes:
    """The ONNX file of a painter with the differences added to its weights, which stay stored as they are.

    Raises:
        StyleError: a difference is of another painter.
        WeightsError: the graph is damaged.
    """
    weights = _summed(graph, shares)
    stored = {name: array.dtype for name, array in _stored(graph, weights).items()}
    return replace_tensors(
        graph,
        {
            found: weights[name].astype(stored[found])
            for name in weights
            for found in (name, name + HALF)
            if found in stored
        },
    )


def merge_int8(graph: bytes, painter: bytes, shares: Shares) -> bytes:
    """The same for the painter in 8-bit integers, whose other weights are those of the painter that it was made of.

    Weights are rounded anew, for each output map. Activations take the ranges that were seen while the style was
    learnt, together with those of the graph where the differences have less than the whole share.

    Raises:
        StyleError, WeightsError: as :func:`merge`.
    """
    arrays: dict[str, NDArray[Any]] = {}
    weights = _summed(painter, shares)
    own = read_tensors(graph, {name + QUANTIZED for name in weights})
    for name, weight in weights.items():
        if name + QUANTIZED in own:
            largest = np.maximum(np.abs(weight).reshape(len(weight), -1).max(1), 1e-12)
            scale = (largest / LEVELS).astype(np.float32)
            arrays[name + SCALE] = scale
            arrays[name + QUANTIZED] = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
    for tensor, (least, largest) in _ranges(graph, shares).items():
        step = max(largest - least, 1e-6) / STEPS
        arrays[tensor + SCALE] = np.array(step, np.float32)
        arrays[tensor + ZERO] = np.array(np.clip(np.rint(-least / step), 0, STEPS), np.uint8)
    return replace_tensors(graph, arrays)


def _summed(graph: bytes, shares: Shares) -> dict[str, NDArray[np.float32]]:
    """Every weight that changes: its own value and what is added, float32."""
    names = {name for difference, _ in shares for name in (*difference.factors, *difference.added)}
    stored = _stored(graph, names)
    sums = {}
    for name in sorted(names):
        value = stored.get(name, stored.get(name + HALF))
        if value is None:
            raise StyleError(f"the style changes the weight {name}, which this model's painter does not have")
        total = value.astype(np.float32)
        for difference, share in shares:
            if name in difference.factors or name in difference.added:
                added = difference.dense(name)
                if added.shape != total.shape:
                    raise StyleError(
                        f"the style changes the weight {name} of the shape {list(added.shape)}, which has the shape "
                        f"{list(total.shape)} in this model's painter"
                    )
                total = total + np.float32(share) * added
        sums[name] = total
    return sums


def _stored(graph: bytes, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    return read_tensors(graph, {stored for name in names for stored in (name, name + HALF)})


def _ranges(graph: bytes, shares: Shares) -> dict[str, tuple[float, float]]:
    """Least and largest value of the tensors before and after each convolution."""
    seen: dict[str, list[tuple[float, float]]] = {}
    for difference, _ in shares:
        for weight, (low_in, high_in, low_out, high_out) in difference.ranges.items():
            before, after = _tensors(weight)
            seen.setdefault(before, []).append((low_in, high_in))
            seen.setdefault(after, []).append((low_out, high_out))
    if sum(share for _, share in shares) < 1:
        scales = read_tensors(graph, {name + SCALE for name in seen})
        zeros = read_tensors(graph, {name + ZERO for name in seen})
        for name, found in seen.items():
            if name + SCALE in scales:
                step, zero = float(scales[name + SCALE]), float(zeros[name + ZERO])
                found.append((-zero * step, (STEPS - zero) * step))
    for found in seen.values():
        found.append((0.0, 0.0))  # which integers must be able to say, as it pads
    return {name: (min(low for low, _ in found), max(high for _, high in found)) for name, found in seen.items()}


def _tensors(weight: str) -> tuple[str, str]:
    """Names of what a convolution takes and gives: ``/painter/up/conv/…`` of ``painter.up.conv.weight``."""
    place = "/" + re.sub(r"\.(?!\d)", "/", weight.removesuffix(".weight"))
    return f"{place}/Pad_output_0", f"{place}/Conv_output_0"
