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
from impasto.training.pairs import PairBatch
from impasto.training.processes import ALONE, Together, processes_here

WORKER = """
import sys
from pathlib import Path
import torch
from impasto.training import default_recipe, perception
from impasto.training.families import FAMILIES
from impasto.training.session import Session

# bfloat16 rounds by more than what is compared.
perception.fast_type = lambda: torch.float32
torch.set_num_threads(1)
content, style, run, result = sys.argv[1:]
found = {}
for family, sizes in {"cin": {"width": 4, "blocks": 1}, "adain": {"width": 8}}.items():
    options = FAMILIES[family].options(steps=2, batch=4, crop=64, preview_steps=0, **sizes)
    session = Session.start(Path(content), Path(style), Path(run) / family, options)
    step = next(session.trainer.steps())
    gradient = torch.cat([one.grad.flatten() for one in session.recipe.model.parameters()])
    found |= {family: gradient, f"{family} objective": torch.tensor(step.objective)}
if session.trainer.processes.first:
    torch.save(found, result)
"""


def launched(arguments, count):
    """Start so many processes as accelerate and torchrun do, and wait for them."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    common = {"WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true"}
    running = []
    for rank in range(count):
        environment = {**common, "RANK": rank, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": count}
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, *map(str, arguments)],
                env={**os.environ, **{name: str(value) for name, value in environment.items()}},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in running:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err


@pytest.mark.slow
def test_two_processes_have_the_gradient_of_one_with_the_joint_batch(picture_folders, tmp_path):
    found = {}
    for count in (1, 2):
        launched([*picture_folders, tmp_path / f"run-{count}", tmp_path / f"{count}.pt"], count)
        found[count] = torch.load(tmp_path / f"{count}.pt", weights_only=True)
    assert set(found[1]) == {"cin", "cin objective", "adain", "adain objective"}
    for name, one in found[1].items():
        assert one.norm() > 0
        assert (found[2][name] - one).norm() <= 1e-5 * one.norm(), name


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
    assert processes_here() is ALONE
    batch = object()
    assert ALONE.share(batch) is batch


def test_minutes_are_for_one_process(start_family, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "processes_here", object)
    monkeypatch.setattr(PictureFolder, "load", lambda *_: pytest.fail("pictures were read"))
    with pytest.raises(UsageError, match="several processes cannot end after minutes"):
        start_family("cin", tmp_path, minutes=1.0)
