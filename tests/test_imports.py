"""Painting starts quickly because it imports little; the layers themselves are import-linter's to check."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import time

import pytest

import impasto

STUDIO = {"onnx", "safetensors", "scipy", "skimage", "tensorboard", "torch"}
ENGINES = {"onnxruntime", "openvino", "openvino_telemetry"}
PAINTING_ROOMS = ("errors", "files", "image", "inference", "options", "weights")


def imported_by(code):
    """The top-level modules that a fresh interpreter has imported after running the code."""
    report = f"import sys\n{code}\nprint(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_imports_nothing_heavy():
    assert not imported_by("import impasto") & (STUDIO | ENGINES | {"numpy", "PIL", "click", "rich"})


def test_importing_the_package_is_quick():
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import impasto"], check=True)
        seconds.append(time.perf_counter() - started)
    # The interpreter's own start included; the least of three, as the machine may be busy.
    assert min(seconds) < 0.5


def test_every_painting_module_does_without_torch_and_starts_without_an_engine():
    modules = [
        module.name
        for module in pkgutil.walk_packages(impasto.__path__, "impasto.")
        if module.name.split(".")[1] in PAINTING_ROOMS
    ]
    assert {"impasto.errors", "impasto.files", "impasto.image.io", "impasto.inference.stylizer"} <= set(modules)
    code = "\n".join(f"import {name}" for name in modules)
    assert not imported_by(code) & (STUDIO | ENGINES)


@pytest.mark.parametrize("arguments", [["--help"], ["stylize", "--help"], ["optimize", "--help"], ["--version"]])
def test_help_imports_neither_torch_nor_an_engine(arguments):
    code = f"""
sys.argv = ["impasto", *{arguments!r}]
from impasto.cli.main import main
try:
    main()
except SystemExit as stop:
    assert not stop.code
"""
    assert not imported_by(code) & (STUDIO | ENGINES)
