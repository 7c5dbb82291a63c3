"""Scripts that live outside the package, loaded from their files."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "integrations"


@pytest.fixture
def load():
    """Load a script: ``load("gradio/app.py")``."""

    def load(path):
        spec = importlib.util.spec_from_file_location(Path(path).stem, FOLDER / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
