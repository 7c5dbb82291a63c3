"""Nothing is written outside our cache, by any verb and with either engine: other people's libraries would."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

VERBS = """
import os, sys
from impasto.cli.main import main
engine, model = sys.argv[1:]
chosen = ["--engine", engine, "--model", model]
for arguments in (
    ["info"],
    ["models"],
    ["styles", *chosen],
    ["encode", "photo.png", *chosen],
    ["stylize", "photo.png", "--style", "dusk", *chosen],
    ["sheet", "photo.png", "--style", "noon", "-o", "sheet.png", *chosen],
):
    assert main(arguments) == 0, arguments
assert os.environ["MPLCONFIGDIR"].startswith(os.environ["IMPASTO_CACHE"])
"""


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_an_empty_home_stays_empty(engine, toy_model, tmp_path):
    pytest.importorskip(engine)
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 80, 3), np.uint8)).save(work / "photo.png")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_", "MPL"))}
    environment = kept | {"HOME": str(home), "USERPROFILE": str(home), "IMPASTO_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", VERBS, engine, str(toy_model)],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [str(file.relative_to(home)) for file in home.rglob("*")] == []
