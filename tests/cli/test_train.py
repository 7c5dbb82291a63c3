"""``impasto train`` on a tiny network: what it says, how it stops, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from impasto.cli.main import main
from impasto.cli.stopping import stop_signals
from impasto.training import checkpoint

COMMAND = [sys.executable, "-m", "impasto.cli.main"]


def deliver(number):
    """Call the handler as a signal would. A real one, sent to a process of its own, is in the test of a killed run."""
    signal.getsignal(number)(number, None)


def flags(folders, run, options=()):
    pairs = {"content": folders[0], "style": folders[1], "run": run, **dict(options)}
    return ["train", "default", *(f"--{name.replace('_', '-')}={value}" for name, value in pairs.items())]


@pytest.fixture
def train(picture_folders, tmp_path, capsys):
    """Run the command in this process; gives its exit code and what it printed."""

    def train(*more, run=tmp_path / "run", folders=picture_folders, **options):
        code = main([*flags(folders, run, options), *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    return train


def assert_one_line(err, *words):
    *_, last = err.splitlines()
    assert last.startswith("impasto: ")
    assert "Traceback" not in err
    for word in words:
        assert word in last


def test_a_run_from_folders_to_a_checkpoint(train, tiny_options, tmp_path, picture_folders):
    (tmp_path / "style").mkdir()
    (tmp_path / "style" / "0.png").write_bytes((picture_folders[1] / "0.png").read_bytes())
    (tmp_path / "style" / "notes.txt").touch()
    folders = (picture_folders[0], tmp_path / "style")
    code, out, err = train("--json", folders=folders, **{**tiny_options, "steps": 2})
    assert code == 0
    facts = json.loads(out)
    assert (facts["steps"], facts["finished"]) == (2, True)
    features, pixels = (
        {"content", "structure", "style", "gram"},
        {"detail", "flow", "stain", "fading", "ssim", "tv", "range"},
    )
    names = features | pixels | {"grid", "identity"}
    assert set(facts["terms"]) == names
    assert err.splitlines() == [
        "Reading the pictures ...",
        "3 photos, 0 files skipped",
        "1 artworks, 1 files skipped",
        "  skipped notes.txt: it is no picture file",
    ]
    assert checkpoint.load(tmp_path / "run")["step"] == 2
    assert train(folders=folders)[0] == 2  # it is never overwritten


def test_resuming_in_another_process_is_bit_for_bit_the_run_that_never_stopped(
    train, tiny_run, tiny_options, picture_folders, tmp_path
):
    """Two steps in this process, the others in a fresh one that is given no options at all."""
    from impasto.training.config import DefaultTrainOptions
    from impasto.training.session import Session

    session = Session.start(*picture_folders, tmp_path / "run", DefaultTrainOptions(**tiny_options))
    for _ in session.train(lambda: session.trainer.step == 2):
        pass
    command = [*COMMAND, *flags(picture_folders, tmp_path / "run"), "--resume", "--json"]
    as_many_threads = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    done = subprocess.run(command, env=as_many_threads, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 6
    resumed, whole = checkpoint.load(tmp_path / "run"), checkpoint.load(tiny_run)
    for kind in ("model", "average"):
        for name, value in whole[kind].items():
            assert torch.equal(resumed[kind][name], value), name
    for index, moments in whole["optimiser"]["state"].items():
        for name, value in moments.items():
            assert torch.equal(resumed["optimiser"]["state"][index][name], value)
    tables = [(run / "losses.csv").read_text().splitlines() for run in (tmp_path / "run", tiny_run)]
    without_seconds = [[row.rsplit(",", 1)[0] for row in table] for table in tables]
    assert without_seconds[0] == without_seconds[1]


def test_a_killed_run_finishes_its_step_saves_and_can_be_resumed(train, tiny_options, picture_folders, tmp_path):
    run = tmp_path / "run"
    command = [*COMMAND, *flags(picture_folders, run, {**tiny_options, "steps": 100_000}), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not (run / "losses.csv").exists() or (run / "losses.csv").read_text().count("\n") < 3:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    facts = json.loads(out)
    assert facts["finished"] is False
    state = checkpoint.load(run)
    assert state["step"] == facts["steps"] >= 2
    assert len((run / "losses.csv").read_text().splitlines()) == 1 + state["step"]
    code, out, _ = train("--resume", run=run, steps=state["step"] + 1)
    assert (code, out) == (0, f"{run}: {state['step'] + 1} steps, trained\n")


class TestStopping:
    def test_signals_are_collected_and_handlers_restored(self):
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        with stop_signals() as received:
            deliver(signal.SIGTERM)
            assert received == [signal.SIGTERM]
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

    def test_a_second_interrupt_is_obeyed_at_once(self):
        with stop_signals() as received:
            deliver(signal.SIGINT)
            assert received == [signal.SIGINT]
            with pytest.raises(KeyboardInterrupt):
                deliver(signal.SIGINT)

    def test_an_interrupted_run_says_how_to_go_on(self, train, tiny_options, tmp_path, monkeypatch):
        from impasto.training.session import Tracker

        add = Tracker.add

        def interrupted(tracker, step):
            add(tracker, step)
            if step.number == 2:
                deliver(signal.SIGINT)

        monkeypatch.setattr(Tracker, "add", interrupted)
        code, out, _ = train(**tiny_options)
        assert code == 130
        assert out == f"{tmp_path / 'run'}: 2 steps, stopped and saved; continue with --resume\n"
        assert checkpoint.load(tmp_path / "run")["step"] == 2


class TestOptions:
    @pytest.fixture
    def asked(self, monkeypatch):
        """What the command asks of a session, which is not opened."""
        from impasto.errors import TrainingError
        from impasto.training.session import Session

        asked = {}

        def start(_content, _style, _run, options, **_others):
            asked["start"] = options
            raise TrainingError("not today")

        def resume(_content, _style, _run, changes, **_others):
            asked["resume"] = changes
            raise TrainingError("not today")

        monkeypatch.setattr(Session, "start", start)
        monkeypatch.setattr(Session, "resume", resume)
        return asked

    def test_a_new_run_takes_the_flags(self, train, asked):
        train(minutes=30, width=8)
        assert (asked["start"].minutes, asked["start"].width) == (30.0, 8)

    def test_resuming_changes_only_what_is_given(self, train, asked):
        train("--resume")
        assert asked["resume"] == {}
        train("--resume", learning_rate=1e-4, minutes=20)
        assert asked["resume"] == {"learning_rate": 1e-4, "minutes": 20.0}

    def test_steps_end_a_run_that_was_to_last_minutes(self, train, asked):
        train("--resume", steps=700)
        assert asked["resume"] == {"steps": 700, "minutes": None}

    @pytest.mark.usefixtures("asked")
    def test_steps_and_minutes_exclude_each_other(self, train):
        code, _, err = train(steps=700, minutes=20)
        assert code == 2
        assert_one_line(err, "--steps and --minutes were both given")


class TestFailures:
    """Each is one line and exit code 2."""

    def test_an_empty_folder(self, train, picture_folders, tmp_path):
        (tmp_path / "empty").mkdir()
        code, _, err = train(folders=(picture_folders[0], tmp_path / "empty"))
        assert code == 2
        assert_one_line(err, "empty holds no files: expected JPEG")

    def test_an_absent_folder(self, train, picture_folders, tmp_path):
        code, _, err = train(folders=(tmp_path / "gone", picture_folders[1]))
        assert code == 2
        assert_one_line(err, "gone is not a folder")

    def test_nothing_to_resume(self, train):
        code, _, err = train("--resume")
        assert code == 2
        assert_one_line(err, "holds no checkpoint.pt")

    def test_a_damaged_checkpoint(self, train, tmp_path):
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "checkpoint.pt").write_bytes(b"PK\x03\x04 damaged")
        code, _, err = train("--resume")
        assert code == 2
        assert_one_line(err, "it is damaged or no checkpoint of a run")

    def test_missing_weights(self, train, tmp_path, monkeypatch):
        monkeypatch.setenv("IMPASTO_VGG19", str(tmp_path / "gone.bin"))
        code, _, err = train()
        assert code == 2
        assert_one_line(err, "cannot read VGG-19's weights", "gone.bin")

    @pytest.mark.parametrize("options", [{"crop": 100}, {"batch": 0}, {"seed": "x"}, {"minutes": 0}])
    def test_values_that_cannot_be(self, train, options):
        code, _, err = train(**options)
        assert code == 2
        assert_one_line(err)

    def test_a_loss_that_is_no_number_names_the_step_and_the_terms(self, train, tiny_options):
        code, _, err = train(**{**tiny_options, "learning_rate": 1e30, "clip": 1e30})
        assert code == 2
        assert_one_line(err, "is not finite (content ", "train with a lower learning rate")

    def test_a_disk_that_fills_up(self, train, tiny_options, tmp_path, monkeypatch):
        def full(_state, path):
            path.write_bytes(b"half of it")
            raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534")

        monkeypatch.setattr(torch, "save", full)
        code, _, err = train(**{**tiny_options, "steps": 1})
        assert code == 2
        assert_one_line(err, "the disk is full")
        assert not (tmp_path / "run" / "checkpoint.pt.part").exists()


def test_without_torch_the_message_is_the_command_that_installs_it(tmp_path):
    code = "import sys; sys.modules['torch'] = None; from impasto.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *flags((tmp_path, tmp_path), tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "impasto: training needs packages that are not installed; run: pip install 'impasto[train]'\n"
    )
