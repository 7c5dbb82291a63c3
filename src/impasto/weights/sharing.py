"""Weights that a model's graphs share: stored in one of the files, and put into the others when those are loaded.

A protobuf message followed by another one is, by definition, the two merged: what may be there several times is then
there from both. So a graph gets weights by appending a message that holds nothing else.
"""

from __future__ import annotations

from impasto.errors import WeightsError
from impasto.weights.protobuf import field, within

__all__ = ["with_weights"]

# Field numbers of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5


def with_weights(model: bytes, other: bytes) -> bytes:
    """The ONNX model with all weights of the other one added to its own.

    Raises:
        WeightsError: the other one is damaged.
    """
    try:
        weights = [
            field(_GRAPH_INITIALIZER, other[start:end])
            for graph in within(other, (0, len(other)), _MODEL_GRAPH)
            for start, end in within(other, graph, _GRAPH_INITIALIZER)
        ]
    except (IndexError, ValueError) as error:
        raise WeightsError(f"the model is no ONNX file, or damaged ({error}); install the model again") from None
    return model + field(_MODEL_GRAPH, b"".join(weights))
