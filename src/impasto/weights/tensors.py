"""The weights of an ONNX file as arrays, read and replaced without the package onnx."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import WeightsError
from impasto.weights.protobuf import field, fields, packed, varints, within

__all__ = ["read_tensors", "replace_tensors"]

# Field numbers of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_DIMS, _DATA_TYPE, _FLOATS, _INTEGERS, _NAME, _RAW = 1, 2, 4, 5, 8, 9
_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 2: np.dtype("u1"), 3: np.dtype("i1"), 10: np.dtype("<f2")}
_NUMBERS = {dtype: number for number, dtype in _TYPES.items()}
_VARINT = 0


def read_tensors(model: bytes, names: Container[str]) -> dict[str, NDArray[Any]]:
    """Those of a model's initializers that have one of the names: float32, float16 or 8-bit integers.

    Raises:
        WeightsError: the model is no ONNX file, or damaged; or such a weight has another type.
    """
    try:
        return {name: _array(model, tensor) for name, tensor in _initializers(model) if name in names}
    except (IndexError, KeyError, ValueError) as error:
        raise WeightsError(f"the model is no ONNX file, or damaged ({error}); install the model again") from None


def replace_tensors(model: bytes, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The model with other values for its initializers of those names; what it does not have is left out.

    Raises:
        WeightsError: the model is no ONNX file, or damaged.
    """
    try:
        return b"".join(
            field(_MODEL_GRAPH, _graph(model, (place, after), arrays)) if number == _MODEL_GRAPH else model[begin:after]
            for number, begin, place, after in fields(model, (0, len(model)))
        )
    except (IndexError, ValueError) as error:
        raise WeightsError(f"the model is no ONNX file, or damaged ({error}); install the model again") from None


def _graph(model: bytes, graph: tuple[int, int], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    parts = []
    for number, begin, place, after in fields(model, graph):
        name = _name(model, (place, after)) if number == _GRAPH_INITIALIZER else ""
        if name in arrays:
            parts.append(field(_GRAPH_INITIALIZER, _tensor(name, arrays[name])))
        else:
            parts.append(model[begin:after])
    return b"".join(parts)


def _initializers(model: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    for graph in within(model, (0, len(model)), _MODEL_GRAPH):
        for tensor in within(model, graph, _GRAPH_INITIALIZER):
            yield _name(model, tensor), tensor


def _name(model: bytes, tensor: tuple[int, int]) -> str:
    return next((model[begin:end].decode() for begin, end in within(model, tensor, _NAME)), "")


def _array(model: bytes, tensor: tuple[int, int]) -> NDArray[Any]:
    dims: list[int] = []
    raw = numbers = b""
    dtype: np.dtype[Any] | None = None
    for number, _, place, after in fields(model, tensor):
        value = model[place:after]
        if number == _DIMS:
            dims += varints(value)  # in a row, or a field each
        elif number == _DATA_TYPE:
            dtype = _TYPES[varints(value)[0]]
        elif number == _RAW:
            raw = value
        elif number == _FLOATS:
            raw += value
        elif number == _INTEGERS:
            numbers += value
    if dtype is None:
        raise ValueError("a weight without a type")
    if numbers:
        return np.array(varints(numbers)).astype(dtype).reshape(dims)
    array: NDArray[Any] = np.frombuffer(raw, dtype).reshape(dims)
    return array


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    kind = array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype
    return b"".join(
        (
            field(_DIMS, packed(array.shape)),
            packed((_DATA_TYPE << 3 | _VARINT, _NUMBERS[kind])),
            field(_NAME, name.encode()),
            field(_RAW, np.ascontiguousarray(array, kind).tobytes()),
        )
    )
