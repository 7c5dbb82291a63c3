from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from impasto.inference import cache


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "deep" / "cache"))
    return tmp_path / "deep" / "cache"


def test_what_is_stored_is_loaded():
    assert cache.load("key") is None
    cache.store("key", b"data")
    cache.store("empty", b"")
    assert cache.load("key") == b"data"
    assert cache.load("empty") == b""


def test_a_damaged_entry_is_absent(folder):
    cache.store("key", b"data")
    (entry,) = folder.iterdir()
    for damaged in (b"", b"abc", entry.read_bytes()[:-1], entry.read_bytes() + b"x"):
        entry.write_bytes(damaged)
        assert cache.load("key") is None


def test_the_oldest_entries_go_when_there_are_too_many(folder, monkeypatch):
    monkeypatch.setattr(cache, "MAX_BYTES", 25)
    for age, key in ((30, "old"), (20, "middle")):
        cache.store(key, b"0123456")
        entry = folder / f"{key}.compiled"
        os.utime(entry, (entry.stat().st_mtime - age,) * 2)
    cache.store("new", b"0123456")
    assert cache.load("old") is None
    assert cache.load("middle") == cache.load("new") == b"0123456"


def test_a_folder_that_cannot_be_written_is_no_failure(folder):
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")
    cache.store("key", b"data")
    assert cache.load("key") is None


def test_the_folder_is_the_systems_unless_told_otherwise(folder, monkeypatch):
    assert cache.cache_folder() == folder
    monkeypatch.setenv("IMPASTO_CACHE", "~/elsewhere")
    assert cache.cache_folder() == Path.home() / "elsewhere"
    monkeypatch.delenv("IMPASTO_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/caches")
    assert cache.cache_folder() == Path("/var/caches/impasto")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.cache_folder() == Path.home() / "Library" / "Caches" / "impasto"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache.cache_folder() == Path("/local/impasto")
