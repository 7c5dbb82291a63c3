from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from impasto.errors import ImageError
from impasto.image.io import read_picture

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are in the repository only")


@pytest.fixture
def batch(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("batch")


def test_as_many_photos_as_asked_for_are_corrupt(batch, tmp_path):
    batch.make_photos(tmp_path / "photos", 12, 3, ".jpg")
    files = sorted((tmp_path / "photos").iterdir())
    assert len(files) == 12
    failed = 0
    for file in files:
        try:
            assert max(read_picture(file).pixels.shape[:2]) == 512
        except ImageError:
            failed += 1
    assert failed == 3


def test_ratios_are_of_one_round(batch):
    runs = {
        name: [{"seconds": seconds, "cpu_seconds": 1.0, "cores_of_others": 0.0} for seconds in each]
        for name, each in {"plain loop": (4, 9, 4), "batch": (2, 3, 4)}.items()
    }
    assert batch.ratios(runs) == {"plain loop": {"median": 2, "least": 1, "greatest": 3}}
    table = batch.table({"runs": runs, "ratio": batch.ratios(runs), "photos": 12})
    assert "| plain loop | 3.0 (1.3–3.0) | 83.3 | 2.00 (1.00–3.00) |" in table
