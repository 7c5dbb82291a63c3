"""Every verb in an environment that holds nothing but the base install: it works, or says which extra it wants."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from impasto.cli.main import VERBS

BASE = ("click", "impasto", "markdown_it", "mdurl", "numpy", "openvino", "PIL", "pygments", "rich")
COMMANDS = {
    "stylize": ["photo.png", "--style", "dusk"],
    "video": ["clip.mp4", "--style", "dusk"],
    "live": ["--style", "dusk"],
    "studio": ["--no-browser"],
    "styles": [],
    "sheet": ["photo.png", "--style", "dusk", "-o", "sheet.png"],
    "encode": ["photo.png"],
    "models": [],
    "optimize": ["photo.png", "--style", "photo.png", "-o", "slow.png"],
    "study": ["init", "--content", "photo.png", "--style", "photo.png", "-o", "studies"],
    "train": ["johnson", "--content", ".", "--style", ".", "--run", "run"],
    "learn": ["photo.png", "-o", "learnt.npz"],
    "export": ["run", "-o", "model"],
    "quantize": ["default", "--photos", ".", "-o", "model"],
    "evaluate": ["--content", ".", "--style", "."],
    "cache": [],
    "info": [],
}
WORKS = {"stylize", "styles", "sheet", "encode", "models", "cache", "info"}
WITH_MODEL = {"stylize", "video", "live", "styles", "sheet", "encode"}
RUN = """
import contextlib, io, json, sys, traceback
from importlib.machinery import PathFinder
base, commands, model, with_model = json.loads(sys.argv[1])

class Base:
    find_distributions = PathFinder.find_distributions

    def find_spec(name, path=None, target=None):
        top = name.split(".")[0]
        return PathFinder.find_spec(name, path, target) if top in sys.stdlib_module_names or top in base else None

sys.meta_path[:] = [Base if one is PathFinder else one for one in sys.meta_path]
from impasto.cli.main import main
found = {}
for verb, arguments in commands.items():
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main([verb, *arguments, *(["--model", model] if verb in with_model else [])])
        except BaseException:
            code, _ = "bug", traceback.print_exc(file=said)
    found[verb] = [code, said.getvalue()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(toy_model, tmp_path_factory):
    pytest.importorskip("openvino")
    folder = tmp_path_factory.mktemp("base")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 80, 3), np.uint8)).save(folder / "photo.png")
    (folder / "clip.mp4").write_bytes(b"no film")
    asked = json.dumps([BASE, COMMANDS, str(toy_model), sorted(WITH_MODEL)])
    done = subprocess.run([sys.executable, "-c", RUN, asked], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_no_verb_is_left_out():
    assert set(COMMANDS) == set(VERBS)


@pytest.mark.parametrize("verb", COMMANDS)
def test_a_verb_works_or_names_its_extra_in_one_sentence(found, verb):
    code, said = found[verb]
    if verb in WORKS:
        assert code == 0, said
    else:
        assert code == 2, said
        assert len(said.splitlines()) == 1, said
        assert "run: pip install 'impasto[" in said
