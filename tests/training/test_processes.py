"""Two processes take the step of one with the joint batch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch

from impasto.errors import TrainingError, UsageError
from impasto.training import session
from impasto.training.data import PictureFolder
from impasto.training.families import FAMILIES
from impasto.training.pairs import PairBatch
from impasto.training.processes import ALONE, Together, processes_here

FAMILIES_COMPARED = {"cin": {"width": 4, "blocks": 1}, "adain": {"width": 8}}
WORKER = """
import importlib.util, sys
from pathlib import Path
import torch
spec = importlib.util.spec_from_file_location("test_processes", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
torch.set_num_threads(1)
found, first = module.first_gradients(*map(Path, sys.argv[2:5]))
if first:
    torch.save(found, sys.argv[5])
"""


def first_gradients(content, style, run):
    """The gradient and objective of each family's first step, and whether this process is the one that tells."""
    found = {}
    for family, sizes in FAMILIES_COMPARED.items():
        # bfloat16 rounds by more than what is compared.
        options = FAMILIES[family].options(steps=2, batch=4, crop=64, preview_steps=0, precision="fp32", **sizes)
        begun = session.Session.start(content, style, run / family, options)
        step = next(begun.trainer.steps())
        gradient = torch.cat([one.grad.flatten() for one in begun.recipe.model.parameters()])
        found |= {family: gradient, f"{family} objective": torch.tensor(step.objective)}
    return found, begun.trainer.processes.first


def launched(arguments, count):
    """Start so many processes as torchrun does, and wait for them."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    common = {"WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    running = []
    for rank in range(count):
        environment = {**common, "RANK": rank, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": count}
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, __file__, *map(str, arguments)],
                env={**os.environ, **{name: str(value) for name, value in environment.items()}},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in running:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err


@pytest.mark.thorough
def test_two_processes_have_the_gradient_of_one_with_the_joint_batch(picture_folders, tmp_path):
    launched([*picture_folders, tmp_path / "two", tmp_path / "two.pt"], 2)
    two = torch.load(tmp_path / "two.pt", weights_only=True)
    one, _ = first_gradients(*picture_folders, tmp_path / "one")
    assert set(one) == set(two) == {"cin", "cin objective", "adain", "adain objective"}
    for name, expected in one.items():
        assert expected.norm() > 0
        assert (two[name] - expected).norm() <= 1e-5 * expected.norm(), name


class TestSharing:
    @pytest.fixture
    def second_of_two(self):
        found = object.__new__(Together)
        found._rank, found._count = 1, 2
        return found

    def batch(self, size):
        return PairBatch(7, np.arange(size * 3).reshape(size, 1, 1, 3), np.arange(size))

    def test_each_process_takes_its_rows(self, second_of_two):
        part = second_of_two.share(self.batch(4))
        assert (part.step, part.styles.tolist(), part.style) == (7, [2, 3], None)
        assert part.content.shape == (2, 1, 1, 3)
        assert not second_of_two.first

    def test_a_batch_that_cannot_be_shared_is_refused(self, second_of_two):
        with pytest.raises(TrainingError, match="a batch of 3 cannot be shared by 2 processes"):
            second_of_two.share(self.batch(3))


def test_one_process_shares_nothing(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert processes_here(torch.device("cpu")) is ALONE
    batch = object()
    assert ALONE.share(batch) is batch


def test_minutes_are_for_one_process(start_family, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "processes_here", lambda _: object())
    monkeypatch.setattr(PictureFolder, "load", lambda *_: pytest.fail("pictures were read"))
    with pytest.raises(UsageError, match="several processes cannot end after minutes"):
        start_family("cin", tmp_path, minutes=1.0)
