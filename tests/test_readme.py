"""The README's Python runs as it stands, and so does that of docs/batch.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from impasto.weights.catalog import MODELS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("page", "made"), [("README.md", "mixed.png"), ("docs/batch.md", "painted/photo.jpg")])
def test_the_python_of_a_page_runs(page, made, tmp_path, monkeypatch, draw, make_toy_model):
    monkeypatch.setitem(MODELS, "default", make_toy_model(presets=("great-wave", "starry-night")))
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for seed, name in enumerate(("photo.jpg", "painting.jpg", "photos/photo.jpg")):
        Image.fromarray(draw(seed, 96, 128)).save(name)
    snippets = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], page, "exec"), {})
    with Image.open(made) as image:
        assert image.size == (128, 96)


def test_the_page_for_python_runs_from_top_to_bottom(tmp_path, monkeypatch, draw, make_toy_model):
    monkeypatch.setitem(MODELS, "default", make_toy_model(presets=("great-wave", "starry-night")))
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("photo.jpg", "painting.jpg", "mask.png")):
        Image.fromarray(draw(seed, 96, 128)).save(name)
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    names = {}
    for snippet in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(snippet, "docs/python.md", "exec"), names)
    assert max(names["pastiche"].shape) == 200
    scripts = {script.stem for script in (ROOT / "examples").glob("*.py")}
    assert scripts >= set(re.findall(r"^\| `(\w+)\.py`", text, flags=re.MULTILINE))
