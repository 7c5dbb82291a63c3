"""Whole runs on a tiny network: a run that was paused is the run that was not, bit for bit."""

from __future__ import annotations

import shutil
from collections import namedtuple

import pytest
from PIL import Image

from impasto.errors import CheckpointError, TrainingError, UsageError, WeightsError
from impasto.training import checkpoint, session
from impasto.training.config import DefaultTrainOptions
from impasto.training.session import Session


def start(folders, run, options):
    return Session.start(*folders, run, DefaultTrainOptions(**options))


@pytest.fixture
def assert_same_run(losses_of, assert_same):
    def check(first, second):
        states = [checkpoint.load(run) for run in (first, second)]
        for state in states:
            del state["seconds"]
        assert_same(*states)
        assert losses_of(first) == losses_of(second)

    return check


def test_a_run_leaves_its_checkpoint_and_its_losses(tiny_run, tiny_options, losses_of):
    state = checkpoint.load(tiny_run)
    assert state["step"] == 6
    assert state["options"] == DefaultTrainOptions(**tiny_options).as_dict()
    assert [row[0] for row in losses_of(tiny_run)] == ["step", "1", "2", "3", "4", "5", "6"]
    assert list(tiny_run.glob("events.out.tfevents.*"))
    with Image.open(tiny_run / "losses.png") as plot:
        assert plot.size == (1200, 720)
    assert not list(tiny_run.glob("*.part"))


def test_a_resumed_run_may_grow_a_detour_and_keeps_what_it_knows(tiny_run, picture_folders, tmp_path, assert_same):
    shutil.copytree(tiny_run, tmp_path / "run")
    before = checkpoint.load(tmp_path / "run")
    grown = Session.resume(*picture_folders, tmp_path / "run", {"deep": 1, "steps": 8})
    model = grown.recipe.model.state_dict()
    assert_same({name: model[name] for name in before["model"]}, before["model"])
    assert [step.number for step in grown.train()] == [7, 8]
    after = checkpoint.load(tmp_path / "run")
    assert after["options"]["deep"] == 1
    assert after["average"].keys() == after["model"].keys() > before["model"].keys()


def test_six_steps_are_three_and_three(tiny_run, tiny_options, picture_folders, tmp_path, assert_same_run):
    run = tmp_path / "run"
    first = start(picture_folders, run, tiny_options)
    assert [step.number for step in first.train(lambda: first.trainer.step == 3)] == [1, 2, 3]
    assert checkpoint.load(run)["step"] == 3
    second = Session.resume(*picture_folders, run)
    assert [step.number for step in second.train()] == [4, 5, 6]
    assert_same_run(run, tiny_run)


def test_a_run_killed_between_checkpoints_repeats_the_steps_it_lost(
    tiny_run, tiny_options, picture_folders, tmp_path, monkeypatch, losses_of, assert_same_run
):
    run = tmp_path / "run"
    monkeypatch.setattr(session, "CHECKPOINT_SECONDS", 0)  # after every step
    steps = start(picture_folders, run, tiny_options).train()
    next(steps), next(steps), next(steps)
    monkeypatch.setattr(session, "CHECKPOINT_SECONDS", 1000)
    next(steps), next(steps)
    steps.close()  # as a kill, it saves nothing
    assert checkpoint.load(run)["step"] == 2
    assert len(losses_of(run)) == 1 + 5
    for _ in Session.resume(*picture_folders, run).train():
        pass
    assert_same_run(run, tiny_run)


def test_resuming_with_other_options_changes_just_them(tiny_run, picture_folders, tmp_path):
    checkpoint.save(tmp_path, {key: value for key, value in checkpoint.load(tiny_run).items() if key != "format"})
    found = Session.resume(*picture_folders, tmp_path, {"steps": 7, "learning_rate": 1e-4})
    (step,) = found.train()
    assert step.number == 7
    stored = checkpoint.load(tmp_path)["options"]
    assert stored == {**checkpoint.load(tiny_run)["options"], "steps": 7, "learning_rate": 1e-4}


def test_a_finished_run_has_nothing_left_to_do(tiny_run, picture_folders, tmp_path):
    checkpoint.save(tmp_path, {key: value for key, value in checkpoint.load(tiny_run).items() if key != "format"})
    assert list(Session.resume(*picture_folders, tmp_path).train()) == []
    assert checkpoint.load(tmp_path)["step"] == 6


def test_previews_are_shown(tiny_options, picture_folders, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(session.Tracker, "add_preview", lambda _self, step, sheet: shown.append((step, sheet.shape)))
    steps = start(picture_folders, tmp_path / "run", {**tiny_options, "preview_steps": 2}).train()
    next(steps), next(steps), next(steps)
    steps.close()
    assert shown == [(2, (1024, 1024, 3))]


class TestRefusals:
    """Before minutes of reading wherever that is possible, and each in a sentence."""

    @pytest.fixture
    def unread(self, monkeypatch):
        monkeypatch.setattr(session.PictureFolder, "load", lambda *_: pytest.fail("pictures were read"))

    @pytest.mark.usefixtures("unread")
    def test_a_run_is_never_overwritten(self, tiny_run, tiny_options, picture_folders):
        with pytest.raises(TrainingError, match="holds a run already: continue it with --resume"):
            start(picture_folders, tiny_run, tiny_options)

    @pytest.mark.usefixtures("unread")
    def test_nothing_to_resume(self, picture_folders, tmp_path):
        with pytest.raises(CheckpointError, match=r"holds no checkpoint\.pt"):
            Session.resume(*picture_folders, tmp_path)

    @pytest.mark.usefixtures("unread")
    def test_resuming_with_a_value_that_cannot_be(self, tiny_run, picture_folders):
        with pytest.raises(UsageError, match="crop is 100"):
            Session.resume(*picture_folders, tiny_run, {"crop": 100})

    @pytest.mark.usefixtures("unread")
    def test_a_disk_that_is_nearly_full(self, tiny_options, picture_folders, tmp_path, monkeypatch):
        usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's
        monkeypatch.setattr(session.shutil, "disk_usage", lambda _: usage(10**9, 9 * 10**8, 10**8))
        with pytest.raises(TrainingError, match="has 100 MB left: a run needs 500 MB"):
            start(picture_folders, tmp_path / "run", tiny_options)

    @pytest.mark.usefixtures("unread")
    def test_a_file_where_the_run_should_be(self, tiny_options, picture_folders, tmp_path):
        (tmp_path / "run").touch()
        with pytest.raises(TrainingError, match="cannot make the run's folder"):
            start(picture_folders, tmp_path / "run", tiny_options)

    @pytest.mark.usefixtures("unread")
    def test_missing_weights(self, tiny_options, picture_folders, tmp_path, monkeypatch):
        monkeypatch.setenv("IMPASTO_VGG19", str(tmp_path / "gone"))
        with pytest.raises(WeightsError, match="gone"):
            start(picture_folders, tmp_path / "run", tiny_options)

    def test_an_empty_folder(self, tiny_options, picture_folders, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(TrainingError, match="empty holds no files"):
            start((picture_folders[0], tmp_path / "empty"), tmp_path / "run", tiny_options)

    def test_another_network(self, tiny_run, picture_folders):
        with pytest.raises(CheckpointError, match="network of other sizes"):
            Session.resume(*picture_folders, tiny_run, {"width": 12})

    def test_a_loss_that_is_no_number_keeps_the_checkpoint(self, tiny_options, picture_folders, tmp_path, monkeypatch):
        run = tmp_path / "run"
        found = start(picture_folders, run, tiny_options)
        monkeypatch.setattr(session, "CHECKPOINT_SECONDS", 0)
        steps = found.train()
        next(steps), next(steps)
        found.recipe.weights["style"] = float("nan")
        with pytest.raises(TrainingError, match=r"step 3: the loss is not finite \(content .*, style .*\)"):
            next(steps)
        assert checkpoint.load(run)["step"] == 2
