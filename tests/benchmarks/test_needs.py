from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are in the repository only")


def test_every_benchmark_imports_it_first():
    for script in BENCHMARKS.glob("*.py"):
        text = script.read_text(encoding="utf-8")
        if "__main__" in text and script.name != "needs.py":
            first = next(line for line in text.splitlines() if line.startswith("import "))
            assert first.startswith("import needs"), script.name


@pytest.mark.parametrize(
    ("package", "remedy"), [("torch.nn", "pip install 'impasto[train]'"), ("playwright", "pip install playwright")]
)
def test_a_missing_package_is_one_sentence(package, remedy):
    code = f"'''What it measures.'''\nimport needs\nraise ModuleNotFoundError(name={package!r})"
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], cwd=BENCHMARKS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.endswith(f"needs the package {package}; run: {remedy}\n")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == "What it measures.\n"
