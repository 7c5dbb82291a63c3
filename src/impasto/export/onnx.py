"""From trained networks to two ONNX graphs, small on disk and exact in what they compute."""

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

from impasto.export.graphs import EncodeStyle, FusedInstanceNorm, Paint
from impasto.nn.norm import ConditionalInstanceNorm

OPSET = 18
LARGE = 4096
"""Tensors of fewer elements stay float32: they are scales and shifts, not bulk."""
LARGEST_HALF = 65_504


def export_encode_style(module: EncodeStyle) -> onnx.ModelProto:
    """Graph ``style`` → ``code``, weights compressed by :func:`compress`."""
    style = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    return compress(_trace(module, {"style": style}, "code", dynamic=("style",)))


def export_paint(module: Paint) -> onnx.ModelProto:
    """Graph ``content``, ``code``, ``recolor`` → ``pastiche``, weights compressed by :func:`compress`."""
    module = copy.deepcopy(module)
    _fuse_norms(module)
    inputs = {
        "content": torch.zeros(1, 64, 64, 3, dtype=torch.uint8),
        "code": torch.zeros(1, module.painter.config.code_size),
        "recolor": torch.eye(3, 4)[None],
    }
    return compress(_trace(module, inputs, "pastiche", dynamic=("content", "pastiche")))


def _fuse_norms(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, ConditionalInstanceNorm):
            setattr(module, name, FusedInstanceNorm(child.affine))
        else:
            _fuse_norms(child)


def _trace(
    module: nn.Module, inputs: dict[str, torch.Tensor], output: str, dynamic: tuple[str, ...]
) -> onnx.ModelProto:
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
            dynamic_axes={name: {1: "height", 2: "width"} for name in dynamic},
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


def write(model: onnx.ModelProto, path: Path) -> None:
    """Write a graph to a file."""
    path.write_bytes(model.SerializeToString())
