"""How many floating-point operations a graph's convolutions take, and how many a second an engine reaches at best."""

from __future__ import annotations

import hashlib
import math
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from impasto.inference.engine import Engine  # before ONNX Runtime, whose telemetry importing Impasto turns off
from impasto.weights.manifest import PAINT, FileEntry, Manifest

import onnxruntime  # isort: skip

# The size at which this library and machine are quickest: large enough to fill them, small enough for their caches.
CHANNELS, SIDE, LAYERS = 128, 128, 8


def paint_flops(manifest: Manifest, height: int, width: int) -> int:
    """Multiplications and additions in the painter's convolutions for a content of this size, multiples of 8."""
    model = onnx.load_from_string(manifest.read(PAINT))
    # Shapes depend on computed paddings and weights on conversions, which onnx does not follow; so the graph is asked.
    asked = [name for node in model.graph.node if node.op_type == "Conv" for name in (node.output[0], node.input[1])]
    model.graph.node.extend(helper.make_node("Shape", [name], [f"shape of {name}"]) for name in asked)
    answers = [f"shape of {name}" for name in asked]
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.INT64, [4]) for name in answers)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = {
        "content": np.zeros((1, height, width, 3), np.uint8),
        "code": np.zeros((1, manifest.code_size), np.float32),
        "recolor": np.zeros((1, 3, 4), np.float32),
    }
    shapes = session.run(answers, inputs)
    return sum(
        2 * int(maps.prod()) * int(weight[1:].prod()) for maps, weight in zip(shapes[::2], shapes[1::2], strict=True)
    )


class Ceiling:
    """The engine's rate on 3×3 convolutions alone: eight in a row, so that its input and output do not count."""

    def __init__(self, engine: Engine) -> None:
        data = _convolutions()
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "convolutions.onnx").write_bytes(data)
            entry = FileEntry(hashlib.sha256(data).hexdigest(), len(data))
            manifest = Manifest(Path(folder), "ceiling", 1, 1, 1, 1, "short", "", {"convolutions.onnx": entry})
            self._graph = engine.open(manifest, "convolutions.onnx", fixed_shapes=1)
            self._content = np.random.default_rng(0).random((1, CHANNELS, SIDE, SIDE), np.float32)
            self._graph(content=self._content)  # a fixed shape is compiled, from the file, at the first call

    def flops_per_second(self, calls: int = 5) -> float:
        seconds = []
        for _ in range(calls + 1):
            started = time.perf_counter()
            self._graph(content=self._content)
            seconds.append(time.perf_counter() - started)
        return 2 * 9 * CHANNELS**2 * SIDE**2 * LAYERS / statistics.median(seconds[1:])


def _convolutions() -> bytes:
    rng = np.random.default_rng(0)
    nodes, weights, last = [], [], "content"
    for layer in range(LAYERS):
        # Of a variance that neither grows nor shrinks from layer to layer.
        weight = rng.standard_normal((CHANNELS, CHANNELS, 3, 3)) / math.sqrt(9 * CHANNELS)
        weights.append(numpy_helper.from_array(weight.astype(np.float32), f"weight{layer}"))
        nodes.append(helper.make_node("Conv", [last, f"weight{layer}"], [f"maps{layer}"], pads=[1, 1, 1, 1]))
        last = f"maps{layer}"
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["mean"]))
    content = helper.make_tensor_value_info("content", TensorProto.FLOAT, [1, CHANNELS, SIDE, SIDE])
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, CHANNELS, 1, 1])
    graph = helper.make_graph(nodes, "convolutions", [content], [mean], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
