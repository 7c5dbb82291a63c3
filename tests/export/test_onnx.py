"""Compressed weights compute what the uncompressed ones did; graphs take any height and width."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from impasto.export.onnx import compress, in_256_values

RNG = np.random.default_rng(0)
FEW = RNG.choice(RNG.normal(size=256).astype(np.float32), (80, 64))
MANY = RNG.normal(size=(80, 64)).astype(np.float32)
HUGE = MANY * np.float32(1e6)
SMALL = RNG.normal(size=(1, 64)).astype(np.float32)


def graph_that_adds(weights):
    """``y = x + weights``."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [80, 64]) for name in "xy")
    initializer = numpy_helper.from_array(weights, "weights")
    graph = helper.make_graph([helper.make_node("Add", ["x", "weights"], ["y"])], "adds", [x], [y], [initializer])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def stored(model):
    return {one.name: numpy_helper.to_array(one).dtype for one in model.graph.initializer}


def computed(model):
    return ReferenceEvaluator(model).run(None, {"x": np.zeros((80, 64), np.float32)})[0]


def test_256_values_become_one_byte_each_exactly():
    model = compress(graph_that_adds(FEW))
    assert stored(model) == {"weights.indices": np.uint8, "weights.table": np.float32}
    np.testing.assert_array_equal(computed(model), FEW)


def test_others_become_half_precision():
    model = compress(graph_that_adds(MANY))
    assert stored(model) == {"weights.half": np.float16}
    np.testing.assert_array_equal(computed(model), MANY.astype(np.float16).astype(np.float32))
    np.testing.assert_allclose(computed(model), MANY, rtol=2**-11, atol=2**-24)


@pytest.mark.parametrize("weights", [SMALL, HUGE], ids=["small", "beyond half precision"])
def test_the_rest_stays_as_it_is(weights):
    model = compress(graph_that_adds(weights))
    assert stored(model) == {"weights": np.float32}
    np.testing.assert_array_equal(computed(model), np.broadcast_to(weights, (80, 64)))


def test_the_model_given_is_not_changed():
    model = graph_that_adds(FEW)
    before = model.SerializeToString()
    compress(model)
    assert model.SerializeToString() == before


def test_exported_graphs_have_the_interface_of_the_manifest(tiny_model):
    shapes = {}
    for file in ("encode_style.onnx", "paint.onnx"):
        graph = onnx.load(tiny_model / file).graph
        for one in (*graph.input, *graph.output):
            kind = one.type.tensor_type
            shapes[one.name] = kind.elem_type, [side.dim_param or side.dim_value for side in kind.shape.dim[1:]]
    assert shapes == {
        "style": (TensorProto.UINT8, ["height", "width", 3]),
        "code": (TensorProto.FLOAT, [8]),
        "content": (TensorProto.UINT8, ["height", "width", 3]),
        "recolor": (TensorProto.FLOAT, [3, 4]),
        "pastiche": (TensorProto.UINT8, ["height", "width", 3]),
    }


def test_vgg_is_stored_as_bytes_and_norms_are_fused(tiny_model):
    assert (tiny_model / "encode_style.onnx").stat().st_size < 6_000_000
    operators = [node.op_type for node in onnx.load(tiny_model / "paint.onnx").graph.node]
    assert operators.count("InstanceNormalization") == 9  # stem, down, up, skip, fine, two in either block
    assert operators.count("Gemm") == 1  # all norms' scales and shifts at once
    assert operators.count("ReduceMean") == 1  # the photo at a quarter of its resolution, and no norm's statistics


def test_in_256_values_a_weight_keeps_its_size_and_nearly_its_numbers():
    weight = torch.randn(64, 200, generator=torch.Generator().manual_seed(0))
    rounded = in_256_values(weight)
    assert rounded.shape == weight.shape
    assert rounded.dtype == weight.dtype
    assert len(torch.unique(rounded)) <= 256
    assert (rounded - weight).norm() < 0.02 * weight.norm()
    few = torch.tensor([[0.25, -1.0], [0.25, 3.0]])
    assert torch.allclose(in_256_values(few), few)
