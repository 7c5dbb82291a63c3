"""From trained networks to ONNX graphs, small on disk and exact in what they compute."""

from __future__ import annotations

import copy
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from impasto.export.graphs import EncodeStyle, Measure, Paint, PaintFixed
from impasto.models.painter import Painter

OPSET = 18
LARGE = 4096
"""Tensors of fewer elements stay float32: they are scales and shifts, not bulk."""
LARGEST_HALF = 65_504
STEM = "painter.stem.weight"
CONTENT = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
RECOLOR = torch.eye(3, 4)[None]


def export_encode_style(module: EncodeStyle) -> onnx.ModelProto:
    """Graph ``style`` → ``code``, weights compressed by :func:`compress`."""
    style = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    return compress(_trace(module, {"style": style}, "code", dynamic=("style",)))


def export_paint(module: Paint) -> onnx.ModelProto:
    """Graph ``content``, ``code``, ``recolor`` → ``pastiche``, weights compressed by :func:`compress`."""
    inputs = {"content": CONTENT, "code": _zeros(module.painter.config.code_size), "recolor": RECOLOR}
    model = _trace(module.fused(), inputs, "pastiche", dynamic=("content", "pastiche"))
    _name_stem(model, module.painter)
    return compress(model)


def _name_stem(model: onnx.ModelProto, painter: Painter) -> None:
    """Name the stem's convolution over photo and grain, which the exporter numbers; learnt styles add to it."""
    stem = painter.stem.conv.weight
    shape = [*stem.shape]
    shape[1] += painter.config.grain
    for tensor in model.graph.initializer:
        if list(tensor.dims) == shape and not tensor.name.startswith("painter."):
            for node in model.graph.node:
                node.input[:] = [STEM if name == tensor.name else name for name in node.input]
            tensor.name = STEM


def export_measure(module: Measure) -> onnx.ModelProto:
    """Graph ``content``, ``code``, ``recolor``, ``margin``, ``origin`` → ``modulation``, by :func:`compress`."""
    inputs = {
        "content": CONTENT.expand(2, -1, -1, -1),
        "code": _zeros(module.painter.config.code_size),
        "recolor": RECOLOR,
        "margin": torch.full((1,), 8, dtype=torch.int64),
        **_origin(module.painter, parts=2),
    }
    return compress(_trace(module, inputs, "modulation", dynamic=("content",), parts=("content", "origin")))


def export_paint_fixed(module: PaintFixed) -> onnx.ModelProto:
    """Graph ``content``, ``modulation``, ``recolor``, ``origin`` → ``pastiche``, compressed by :func:`compress`."""
    modulation = _zeros(module.modulation_size)
    inputs = {"content": CONTENT, "modulation": modulation, "recolor": RECOLOR, **_origin(module.painter, parts=1)}
    return compress(_trace(module, inputs, "pastiche", dynamic=("content", "pastiche")))


def export_graph(
    module: nn.Module, inputs: dict[str, torch.Tensor], output: str, dynamic: tuple[str, ...]
) -> onnx.ModelProto:
    """Graph of a module, its ``inputs`` named and in order; of the ``dynamic`` arrays height and width stay free.

    Weights are compressed by :func:`compress`.
    """
    return compress(_trace(module, inputs, output, dynamic))


def without_shared(model: onnx.ModelProto, other: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the weights that ``other`` has too, which it knows by the names they have there.

    They are put back when it is loaded, by :func:`impasto.weights.sharing.with_weights`.
    """
    model = copy.deepcopy(model)
    theirs = {_content(one): one.name for one in other.graph.initializer}
    names: dict[str, str] = {}
    own = []
    for tensor in model.graph.initializer:
        content = _content(tensor)
        names[tensor.name] = theirs.get(content, f"{tensor.name}.own")
        if content not in theirs:
            tensor.name = names[tensor.name]
            own.append(copy.deepcopy(tensor))
    taken = set(theirs.values())
    names |= {name: f"{name}.own" for node in model.graph.node for name in node.output if name in taken}
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    del model.graph.initializer[:]
    model.graph.initializer.extend(own)
    return model


def _content(tensor: TensorProto) -> bytes:
    """A tensor's type, shape and values, whatever its name."""
    nameless = copy.deepcopy(tensor)
    nameless.ClearField("name")
    return bytes(nameless.SerializeToString(deterministic=True))


def _origin(painter: Painter, parts: int) -> dict[str, torch.Tensor]:
    """The input that only a painter with grain has: exporters drop what nothing depends on."""
    return {"origin": torch.zeros(parts, 2, dtype=torch.int64)} if painter.config.grain else {}


def _zeros(size: int) -> torch.Tensor:
    return torch.zeros(1, size)


def _trace(
    module: nn.Module,
    inputs: dict[str, torch.Tensor],
    output: str,
    dynamic: tuple[str, ...],
    parts: tuple[str, ...] = (),
) -> onnx.ModelProto:
    """Trace a module; of the ``dynamic`` arrays height and width stay free, of ``parts`` how many there are."""
    axes = {name: {1: "height", 2: "width"} for name in dynamic}
    for name in set(parts) & set(inputs):
        axes.setdefault(name, {})[0] = "parts"
    buffer: Any = io.BytesIO()  # accepted, though the exporter's annotation does not say so
    with warnings.catch_warnings():
        # The TorchScript exporter is deprecated, and the only one that keeps height and width free without onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            buffer,
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.checker.check_model(model, full_check=True)
    return model


def compress(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store bulk weights small: up to 256 distinct values as 8-bit indices into a table (exact), others as float16.

    Engines fold the ``Gather`` or ``Cast`` that restores float32 when they load the graph, so painting costs nothing
    more.
    """
    model = copy.deepcopy(model)
    graph = model.graph
    restored, kept = [], []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < LARGE:
            kept.append(tensor)
            continue
        values = numpy_helper.to_array(tensor)
        table, indices = np.unique(values, return_inverse=True)
        name = tensor.name
        if len(table) <= 256:
            kept.append(numpy_helper.from_array(indices.astype(np.uint8).reshape(values.shape), f"{name}.indices"))
            kept.append(numpy_helper.from_array(table, f"{name}.table"))
            restored.append(helper.make_node("Cast", [f"{name}.indices"], [f"{name}.int32"], to=TensorProto.INT32))
            restored.append(helper.make_node("Gather", [f"{name}.table", f"{name}.int32"], [name]))
        elif np.abs(table).max() <= LARGEST_HALF:
            kept.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            restored.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = [*restored, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return model


def in_256_values(weight: torch.Tensor) -> torch.Tensor:
    """A weight with each number replaced by the nearest of 256, which :func:`compress` stores in a byte each.

    The 256 are means of their neighbourhoods (Lloyd 1982). They begin as dense as the cube root of the numbers'
    density, which is best for very many (Panter & Dite 1951).
    """
    if not torch.isfinite(weight).all() or len(torch.unique(weight)) <= 256:
        return weight
    values = np.sort(weight.detach().numpy().ravel().astype(np.float64))
    counts, edges = np.histogram(values, 2000)
    dense = np.cumsum([0, *np.cbrt(counts)])
    centres = np.interp((np.arange(256) + 0.5) / 256 * dense[-1], dense, edges)
    for _ in range(30):
        borders = np.searchsorted(values, (centres[1:] + centres[:-1]) / 2)
        parts = np.split(values, borders)
        centres = np.array([part.mean() if len(part) else old for part, old in zip(parts, centres, strict=True)])
    nearest = np.searchsorted((centres[1:] + centres[:-1]) / 2, weight.detach().numpy())
    return torch.from_numpy(centres[nearest]).to(weight.dtype)


def write(model: onnx.ModelProto, path: Path) -> None:
    """Write a graph to a file."""
    path.write_bytes(model.SerializeToString())
