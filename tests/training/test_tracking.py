"""What a run writes for people."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from impasto.errors import TrainingError
from impasto.training.loop import Step
from impasto.training.tracking import Tracker

TERMS = ("content", "style")


def step(number, objective=2.0):
    return Step(number, {"content": 0.5, "style": 1 / 3}, objective, 1e-3, 4.0, 0.25)


def rows(run):
    with (run / "losses.csv").open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def track(run, numbers, done=0, **values):
    with Tracker(run, TERMS, done) as tracker:
        for number in numbers:
            tracker.add(step(number, **values))


def test_every_step_is_a_row_at_once(tmp_path):
    with Tracker(tmp_path, TERMS, 0) as tracker:
        tracker.add(step(1))
        assert rows(tmp_path) == [
            {
                "step": "1",
                "content": "0.5",
                "style": "0.333333",
                "objective": "2",
                "gradient_norm": "4",
                "learning_rate": "0.001",
                "validation": "",
                "seconds": "0.25",
            }
        ]


def test_tensorboard_gets_scalars_and_previews(tmp_path):
    with Tracker(tmp_path, TERMS, 0) as tracker:
        tracker.add(step(1))
        tracker.add_preview(1, np.zeros((8, 16, 3), np.uint8))
    found = EventAccumulator(str(tmp_path)).Reload()
    assert {*TERMS, "objective", "learning_rate"} <= set(found.Tags()["scalars"])
    assert found.Scalars("style")[0].value == pytest.approx(1 / 3)
    (preview,) = found.Images("preview")
    assert (preview.height, preview.width) == (8, 16)
    with Image.open(tmp_path / "previews" / "000001.jpg") as kept:
        assert kept.size == (16, 8)


def test_resuming_appends(tmp_path):
    track(tmp_path, (1, 2))
    track(tmp_path, (3,), done=2)
    assert [row["step"] for row in rows(tmp_path)] == ["1", "2", "3"]


def test_steps_that_the_checkpoint_does_not_know_are_replaced(tmp_path):
    """A run killed after step 4, whose checkpoint is of step 2."""
    track(tmp_path, (1, 2, 3, 4), objective=1.0)
    with (tmp_path / "losses.csv").open("a", encoding="utf-8") as opened:
        opened.write("2,0.")  # it died in the middle of a row
    track(tmp_path, (3,), done=2, objective=9.0)
    assert [(row["step"], row["objective"]) for row in rows(tmp_path)] == [("1", "1"), ("2", "1"), ("3", "9")]
    found = EventAccumulator(str(tmp_path)).Reload()
    assert [(one.step, one.value) for one in found.Scalars("objective")] == [(1, 1), (2, 1), (3, 9)]


def test_a_table_with_other_columns_is_taken_over(tmp_path):
    (tmp_path / "losses.csv").write_text("step,style,speed\n1,4,5\nx,4,5\n", encoding="utf-8")
    track(tmp_path, (2,), done=1)
    assert [(row["step"], row["style"], row["content"]) for row in rows(tmp_path)] == [
        ("1", "4", ""),
        ("2", "0.333333", "0.5"),
    ]


def test_a_new_run_starts_a_new_table(tmp_path):
    track(tmp_path, (1, 2))
    track(tmp_path, (1,))
    assert [row["step"] for row in rows(tmp_path)] == ["1"]


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path):
    with pytest.raises(TrainingError, match=r"cannot write to .*gone: No such file"):
        Tracker(tmp_path / "gone", TERMS, 0)


def test_a_full_disk_is_told_of(tmp_path, monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    with Tracker(tmp_path, TERMS, 0) as tracker, monkeypatch.context() as patch:
        patch.setattr(tracker, "_file", SimpleNamespace(flush=full))
        with pytest.raises(TrainingError, match="No space left on device; make room, then resume"):
            tracker.add(step(1))
