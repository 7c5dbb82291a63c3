"""A model's graph with floats at its border, for pictures of more than 8 bits.

The graphs that we ship and export take and give uint8, and end by adding a half and truncating. Here the types at that
border are changed in the ONNX file's bytes, so that the very same network takes and gives floats on the same scale,
0 to 255, that nothing rounds. Only those types change, each of one byte: the file is not parsed into objects, for which
painting would need the package onnx.
"""

from __future__ import annotations

import itertools

from impasto.errors import EngineError
from impasto.weights.protobuf import within

__all__ = ["ADDED", "with_float_border"]

ADDED = 0.5  # what the graph adds before it would truncate

# Field numbers of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 1, 11, 12, 13
_NODE_OP_TYPE, _NODE_ATTRIBUTE = 4, 5
_ATTRIBUTE_INTEGER = 3
_INFO_TYPE, _TYPE_TENSOR, _TENSOR_ELEMENT = 2, 1, 1
_FLOAT, _UINT8 = 1, 2  # TensorProto.DataType


def with_float_border(model: bytes) -> bytes:
    """The ONNX model with every uint8 input, output and cast made float32.

    Raises:
        EngineError: the file is damaged, or its border is not uint8.
    """
    data = bytearray(model)
    try:
        # Several, to be merged, where weights of another file were added.
        graphs = list(within(data, (0, len(data)), _MODEL_GRAPH))
        borders = itertools.product(graphs, (_GRAPH_INPUT, _GRAPH_OUTPUT))
        places = [place for graph, number in borders for place in _element_types(data, graph, number)]
        places = [place for place in places if data[place] == _UINT8]
        casts = [
            place
            for graph in graphs
            for node in within(data, graph, _GRAPH_NODE)
            if any(data[start:end] == b"Cast" for start, end in within(data, node, _NODE_OP_TYPE))
            for attribute in within(data, node, _NODE_ATTRIBUTE)  # its only one, the type to cast to
            for place, _ in within(data, attribute, _ATTRIBUTE_INTEGER)
        ]
        casts += [place for graph in graphs for place in _element_types(data, graph, _GRAPH_VALUE_INFO)]
    except (IndexError, ValueError) as error:
        raise EngineError(f"the model is no ONNX file, or damaged ({error})") from None
    if not places:
        raise EngineError("the model does not take and give pictures of uint8, so it cannot paint 16 bits")
    for place in [*places, *casts]:
        if data[place] == _UINT8:
            data[place] = _FLOAT
    return bytes(data)


def _element_types(data: bytearray, graph: tuple[int, int], number: int) -> list[int]:
    """Where the element types of the graph's inputs, outputs or other values stand."""
    return [
        place
        for info in within(data, graph, number)
        for kind in within(data, info, _INFO_TYPE)
        for tensor in within(data, kind, _TYPE_TENSOR)
        for place, _ in within(data, tensor, _TENSOR_ELEMENT)
    ]
