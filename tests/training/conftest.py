"""How runs are compared."""

from __future__ import annotations

import csv

import pytest
import torch


def _losses(run):
    with (run / "losses.csv").open(newline="", encoding="utf-8") as opened:
        return [row[:-1] for row in csv.reader(opened)]


def _same(first, second):
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second)
    elif isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            _same(first[key], second[key])
    elif isinstance(first, list):
        for one, other in zip(first, second, strict=True):
            _same(one, other)
    else:
        assert first == second


@pytest.fixture(scope="session")
def losses_of():
    """Every row of a run's losses but its last column, the seconds."""
    return _losses


@pytest.fixture(scope="session")
def assert_same():
    """Asserts that two states are equal to the last bit, wherever tensors are."""
    return _same
