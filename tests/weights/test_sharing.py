"""Weights stored once serve several graphs."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from impasto.errors import WeightsError
from impasto.weights.catalog import find_model
from impasto.weights.manifest import MEASURE, PAINT, PAINT_FIXED
from impasto.weights.protobuf import field, within
from impasto.weights.sharing import with_weights

onnx = pytest.importorskip("onnx")


def model_of(**weights):
    initializers = [onnx.numpy_helper.from_array(np.float32(value), name) for name, value in weights.items()]
    graph = onnx.helper.make_graph([], "graph", [], [], initializers)
    return onnx.helper.make_model(graph).SerializeToString()


def test_a_model_gets_the_weights_of_the_other_and_keeps_its_own():
    merged = onnx.load_from_string(with_weights(model_of(a=[1]), model_of(b=[2] * 100, c=3)))
    found = {one.name: onnx.numpy_helper.to_array(one).tolist() for one in merged.graph.initializer}
    assert found == {"a": [1], "b": [2] * 100, "c": 3}
    assert merged.graph.name == "graph"


@pytest.mark.parametrize("file", [MEASURE, PAINT_FIXED])
def test_the_shipped_graphs_are_whole_only_together(file):
    manifest = find_model("default")
    alone, whole = (onnx.load_from_string(data) for data in (manifest.read(file), manifest.graph(file)))
    with pytest.raises(onnx.checker.ValidationError):
        onnx.checker.check_model(alone)
    onnx.checker.check_model(whole)
    assert manifest.files[file].bytes < 0.1 * manifest.files[PAINT].bytes
    assert manifest.graph_key(file) not in (manifest.graph_key(PAINT), manifest.sha256(file))


def test_damaged_weights_are_told_of(tmp_path):
    folder = shutil.copytree(find_model("default").folder, tmp_path / "model")
    data = bytearray((folder / PAINT).read_bytes())
    data[-1] ^= 1
    (folder / PAINT).write_bytes(data)
    with pytest.raises(WeightsError, match="damaged"):
        find_model(folder).graph(MEASURE)
    with pytest.raises(WeightsError, match="no ONNX file, or damaged"):
        with_weights(b"", model_of(a=[1] * 100)[:-50])


@pytest.mark.parametrize("length", [0, 1, 127, 128, 300, 2**14, 2**21])
def test_fields_are_found_again(length):
    value = b"x" * length
    data = field(3, b"other") + field(700, value) + field(3, b"more")
    places = list(within(data, (0, len(data)), 700))
    assert [data[start:end] for start, end in places] == [value]
    assert [data[start:end] for start, end in within(data, (0, len(data)), 3)] == [b"other", b"more"]
