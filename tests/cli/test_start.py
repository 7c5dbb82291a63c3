"""What a verb imports decides how soon it begins; seconds would depend on the machine."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

REPORT = """
import sys
from impasto.cli.main import main
code = main(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""


def modules_of(*arguments, folder):
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(modules)


def test_help_imports_no_verb_and_no_numpy(tmp_path):
    modules = modules_of("--help", folder=tmp_path)
    assert not {"numpy", "PIL", "rich", "impasto.cli.stylize", "impasto.cli.info"} & modules


def test_listing_styles_starts_no_engine(tmp_path, toy_model):
    modules = modules_of("styles", "--json", "--model", str(toy_model), folder=tmp_path)
    assert not {"openvino", "openvino._pyopenvino", "onnxruntime", "rich", "PIL"} & modules


def test_painting_imports_only_what_it_uses(tmp_path, toy_model):
    pytest.importorskip("openvino")
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / "photo.png")
    arguments = ["stylize", "photo.png", "--style", "noon", "--model", str(toy_model), "--engine", "openvino"]
    modules = modules_of(*arguments, folder=tmp_path)
    assert "openvino._pyopenvino" in modules
    assert not {"openvino", "onnxruntime", "onnx", "torch", "rich", "importlib.metadata"} & modules
