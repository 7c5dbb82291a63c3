"""Temporary folders of servers, of which some were killed."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from pathlib import Path

import pytest

from impasto.serve.kept_folder import ABOUT, PREFIX, take_folder
from impasto.serve.processes import here, is_running

ENDED = f"{socket.gethostname()}:{2**22 + 1}:1"
HOUR = 3600


@pytest.fixture
def left(tmp_path, monkeypatch):
    """Makes a folder that a server left; gives its path."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def make(name, *, owner=ENDED, address=None, age=0.0):
        folder = tmp_path / f"{PREFIX}{name}"
        folder.mkdir(mode=0o700)
        if owner:
            (folder / ABOUT).write_text(json.dumps({"owner": owner, "address": address}))
        for path in (*folder.iterdir(), folder):
            os.utime(path, (time.time() - age, time.time() - age))
        return folder

    return make


def test_the_next_server_at_the_address_takes_the_newest_and_deletes_the_others(left):
    older, newer = left("a", address="h:1", age=9), left("b", address="h:1")
    assert take_folder("h:1", HOUR) == newer
    assert not older.exists()
    assert json.loads((newer / ABOUT).read_text()) == {"owner": here(), "address": "h:1"}
    assert take_folder("h:1", HOUR) not in (newer, older)  # of a server that runs


def test_what_somebody_may_still_ask_for_stays(left):
    running, other, young = left("a", owner=here(), address="h:1"), left("b", address="h:2"), left("c", owner=None)
    lost, late = left("d"), left("e", address="h:2", age=2 * HOUR)
    old = left("f", owner=None, age=2 * HOUR)
    made = take_folder(None, HOUR)
    assert [path.exists() for path in (running, other, young, made)] == [True] * 4
    assert [path.exists() for path in (lost, late, old)] == [False] * 3


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_what_others_could_have_written_is_not_taken(left):
    folder = left("a", address="h:1")
    folder.chmod(0o777)
    link = folder.parent / f"{PREFIX}b"
    link.symlink_to(folder)
    assert take_folder("h:1", HOUR) not in (folder, link)
    assert folder.exists()


def test_processes_are_told_apart():
    machine, number, beginning = here().split(":")
    assert is_running(here())
    assert not is_running(f"{machine}:{number}:{beginning}0")
    for none in (ENDED, f"{machine}:x:1", machine, ""):
        assert not is_running(none)
    if Path("/proc/self/stat").exists():
        parent = os.getppid()
        assert is_running(f"{machine}:{parent}")
        assert not is_running(f"{machine}:{parent}:0")
