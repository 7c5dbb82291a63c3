"""How far the default model is from the optimum: whatever the optimiser begins with, it ends below."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from impasto import read_picture

pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are in the repository only")


@pytest.mark.parametrize("init", ["photo", pytest.param("model", marks=pytest.mark.thorough)])
def test_the_optimum_is_the_reference(init, draw, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = importlib.import_module("optimum")
    result, sheet = tmp_path / "results" / "optimum.json", tmp_path / "sheet.png"
    for number, folder in enumerate(("photos", "styles")):
        (tmp_path / folder).mkdir()
        Image.fromarray(draw(number, 160, 160)).save(tmp_path / folder / "one.png")
    arguments = ["--content", str(tmp_path / "photos"), "--style", str(tmp_path / "styles"), "--size", "160"]
    arguments += ["--steps", "4", "--init", init, "-o", str(tmp_path / "optimised")]
    arguments += ["--result", str(result), "--sheet", str(sheet)]
    monkeypatch.setattr(sys, "argv", ["optimum.py", *arguments])
    benchmark.main()
    found = json.loads(result.read_text())
    rows = found["rows"]
    assert rows["optimum"]["against_optimum"] == pytest.approx(1)
    assert rows[init]["against_optimum"] > 1.02
    assert found["model_by_style"] == {"one": pytest.approx(rows["model"]["against_optimum"])}
    height, width = read_picture(sheet).pixels.shape[:2]
    assert width > 3 * 160 > height > 160
    assert len(list((tmp_path / "optimised").iterdir())) == 1
    assert capsys.readouterr().out.count("\n| ") == 3
