"""The server's own process stays small: what decodes and computes is imported only where it may die."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"av", "cv2", "onnxruntime", "openvino", "pyvips", "torch"}


def test_the_server_imports_nothing_heavy():
    code = "import sys, impasto.serve.app\nprint(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
