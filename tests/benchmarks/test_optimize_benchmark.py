"""The race against pastiche: the scorer is the objective that ours optimises; the verdict is read off the curves."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from PIL import Image

torch = pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are in the repository only")


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("optimize")


def test_the_scorer_computes_what_our_flags_optimise(benchmark, draw, tmp_path):
    import click

    from impasto.cli.from_options import options_from
    from impasto.optimize import OptimizeOptions, Painting

    photo, style, other = draw(1, 160, 160), draw(2, 160, 160), draw(3, 160, 160)
    for name, pixels in (("photo", photo), ("style", style), ("other", other)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    given = {}
    command = click.command()(options_from(OptimizeOptions)(lambda **values: given.update(values)))
    command.main(
        [*benchmark.SAME_OBJECTIVE, "--size=160", "--first-size=160", "--precision=fp32"], standalone_mode=False
    )
    painting = Painting(photo, [style], OptimizeOptions(**given), start=other)
    score = benchmark.Scorer(tmp_path / "photo.png", tmp_path / "style.png")(tmp_path / "other.png")
    assert next(painting.iterates()).objective == pytest.approx(score, rel=1e-3)


def test_the_verdict(benchmark):
    def curve(*points):
        return [dict(zip(("step", "seconds", "objective"), point, strict=True)) for point in points]

    theirs = curve((0, 1.0, 90.0), (10, 20.0, 50.0), (20, 40.0, 55.0))
    found = benchmark.compare(theirs, curve((0, 2.0, 90.0), (5, 4.0, 49.0), (9, 6.0, 30.0)))
    assert found["their_best"]["step"] == 10
    assert found["ours_there"]["step"] == 5
    assert found["share_of_their_time"] == 0.2
    assert benchmark.compare(theirs, curve((0, 2.0, 90.0)))["share_of_their_time"] is None
