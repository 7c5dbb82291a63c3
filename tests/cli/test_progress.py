from __future__ import annotations

import sys
import time

import pytest

from impasto.cli import progress as room
from impasto.cli.progress import Lines, parts_progress, progress


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(room.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("begun", [0, 10])
def test_a_log_gets_a_line_every_half_minute(clock, capsys, begun):
    with progress("painting", 100, begun=begun, counted="frames") as advance:
        for _ in range(90):
            clock[0] += 10
            advance()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 30
    assert lines[0] == f"painting  {begun + 3}%  {begun + 3} of 100 frames  {'16 min' if begun == 0 else '15 min'} left"


def test_what_has_no_known_end_is_counted(clock, capsys):
    with progress("painting", None) as advance:
        clock[0] += 31
        advance()
    assert capsys.readouterr().err == "painting  1\n"


def test_what_is_quick_says_nothing(capsys):
    with progress("painting", 2) as advance, parts_progress("painting") as tell:
        advance()
        tell(1, 2)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_lines_are_left_to_the_bar(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lines = Lines("training")
    clock[0] += 100
    lines.tell(0.5, "step 3")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("parts", [0, 3])
def test_a_terminal_sees_that_something_is_done_after_a_while(capsys, monkeypatch, parts):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(room, "PATIENCE", 0.05)
    said = ""
    with parts_progress("painting a large photo") as advance:
        for part in range(parts):
            advance(part + 1, parts)
        until = time.monotonic() + 20
        while "painting a large photo" not in said and time.monotonic() < until:
            time.sleep(0.05)
            said += capsys.readouterr().err
    assert "painting a large photo" in said
