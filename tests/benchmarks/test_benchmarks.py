"""The benchmarks' arithmetic, and that the page says what the results say."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from impasto.inference.engine import installed_engines, open_engine
from impasto.weights.manifest import FileEntry, Manifest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are in the repository only")

# 5 maps of 3×3×3 at the content's size, then 2 of 1×1×5 at half of it.
TWO_CONVOLUTIONS = """
<ir_version: 8, opset_import: ["" : 18]>
paint (uint8[1,h,w,3] content, float[1,4] code, float[1,3,4] recolor) => (float[1,2,i,j] pastiche)
{
  raw = Cast <to: int = 1> (content)
  planes = Transpose <perm: ints = [0, 3, 1, 2]> (raw)
  maps = Conv <pads: ints = [1, 1, 1, 1]> (planes, wide)
  pastiche = Conv <strides: ints = [2, 2]> (maps, narrow)
}
"""


@pytest.fixture
def benchmark_module(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_operations_are_counted_from_the_shapes_that_really_occur(benchmark_module, tmp_path):
    parser = pytest.importorskip("onnx.parser")
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    pytest.importorskip("onnxruntime")
    model = parser.parse_model(TWO_CONVOLUTIONS)
    for name, shape in (("wide", (5, 3, 3, 3)), ("narrow", (2, 5, 1, 1))):
        model.graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), name))
    data = model.SerializeToString()
    (tmp_path / "paint.onnx").write_bytes(data)
    entry = FileEntry(hashlib.sha256(data).hexdigest(), len(data))
    manifest = Manifest(tmp_path, "two", 4, 8, 8, 32, "short", "", {"paint.onnx": entry})
    flops = benchmark_module("convolution").paint_flops(manifest, 16, 24)
    assert flops == 2 * (16 * 24 * 5 * 27 + 8 * 12 * 2 * 5)


def test_the_ceiling_is_a_rate(benchmark_module):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    engine = open_engine(installed_engines()[0])
    assert benchmark_module("convolution").Ceiling(engine).flops_per_second(calls=1) > 1e8


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="needs posix_spawn")
def test_a_process_is_timed_with_its_own_peak_and_code():
    code = "import time; block = bytearray(80_000_000); time.sleep(0.1); raise SystemExit(3)"
    script = str(BENCHMARKS / "process.py")
    done = subprocess.run(
        [sys.executable, script, sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    facts = json.loads(done.stdout)
    assert facts["code"] == 3
    assert 0.1 < facts["seconds"] < 30
    assert 80 < facts["megabytes"] < 400


def test_the_page_shows_the_results(benchmark_module, monkeypatch, tmp_path):
    tables = benchmark_module("tables")
    copy = tmp_path / "measuring.md"
    copy.write_text(tables.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    page = tables.PAGE
    monkeypatch.setattr(tables, "PAGE", copy)
    tables.main()
    assert copy.read_text(encoding="utf-8") == page.read_text(encoding="utf-8"), "run python benchmarks/tables.py"
