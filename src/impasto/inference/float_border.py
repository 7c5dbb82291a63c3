"""A model's graph with floats at its border, for pictures of more than 8 bits.

The graphs that we ship and export take and give uint8, and end by adding a half and truncating. Here the types at that
border are changed in the ONNX file's bytes, so that the very same network takes and gives floats on the same scale,
0 to 255, that nothing rounds. Only those types change, each of one byte: the file is not parsed into objects, for which
painting would need the package onnx.
"""

from __future__ import annotations

from collections.abc import Iterator

from impasto.errors import EngineError

__all__ = ["ADDED", "with_float_border"]

ADDED = 0.5  # what the graph adds before it would truncate

# Field numbers of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 1, 11, 12, 13
_NODE_OP_TYPE, _NODE_ATTRIBUTE = 4, 5
_ATTRIBUTE_INTEGER = 3
_INFO_TYPE, _TYPE_TENSOR, _TENSOR_ELEMENT = 2, 1, 1
_FLOAT, _UINT8 = 1, 2  # TensorProto.DataType
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # protobuf's wire types


def with_float_border(model: bytes) -> bytes:
    """The ONNX model with every uint8 input, output and cast made float32.

    Raises:
        EngineError: the file is damaged, or its border is not uint8.
    """
    data = bytearray(model)
    try:
        (graph,) = _within(data, (0, len(data)), _MODEL_GRAPH)
        places = [place for number in (_GRAPH_INPUT, _GRAPH_OUTPUT) for place in _element_types(data, graph, number)]
        places = [place for place in places if data[place] == _UINT8]
        casts = [
            place
            for node in _within(data, graph, _GRAPH_NODE)
            if any(data[start:end] == b"Cast" for start, end in _within(data, node, _NODE_OP_TYPE))
            for attribute in _within(data, node, _NODE_ATTRIBUTE)  # its only one, the type to cast to
            for place, _ in _within(data, attribute, _ATTRIBUTE_INTEGER)
        ]
        casts += _element_types(data, graph, _GRAPH_VALUE_INFO)
    except (IndexError, ValueError) as error:
        raise EngineError(f"the model is no ONNX file, or damaged ({error})") from None
    if len(places) != 2:
        raise EngineError("the model does not take and give pictures of uint8, so it cannot paint 16 bits")
    for place in [*places, *casts]:
        if data[place] == _UINT8:
            data[place] = _FLOAT
    return bytes(data)


def _element_types(data: bytearray, graph: tuple[int, int], number: int) -> list[int]:
    """Where the element types of the graph's inputs, outputs or other values stand."""
    return [
        place
        for info in _within(data, graph, number)
        for kind in _within(data, info, _INFO_TYPE)
        for tensor in _within(data, kind, _TYPE_TENSOR)
        for place, _ in _within(data, tensor, _TENSOR_ELEMENT)
    ]


def _within(data: bytearray, message: tuple[int, int], number: int) -> Iterator[tuple[int, int]]:
    """Where a protobuf message's fields of one number begin and end."""
    place, end = message
    while place < end:
        tag, place = _varint(data, place)
        wire = tag & 7
        if wire == _BYTES:
            length, place = _varint(data, place)
            after = place + length
        elif wire == _VARINT:
            after = _varint(data, place)[1]
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            after = place + (8 if wire == _EIGHT_BYTES else 4)
        else:
            raise ValueError(f"an unknown wire type {wire}")
        if after > end:
            raise ValueError("a field that is longer than its message")
        if tag >> 3 == number:
            yield place, after
        place = after


def _varint(data: bytearray, place: int) -> tuple[int, int]:
    """The number that begins at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
