from __future__ import annotations

import json

import pytest

from impasto.files import cache_folder
from impasto.inference import cache


@pytest.fixture(autouse=True)
def system(tmp_path, monkeypatch):
    monkeypatch.delenv("IMPASTO_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    cache.store("one", b"x" * 2_000_000)
    (cache_folder() / "mine.txt").write_text("precious")
    return tmp_path / "caches" / "impasto"


def test_it_shows_where_and_how_much(run, system):
    code, out, _ = run("cache")
    assert code == 0
    assert str(system) in out
    assert "compiled graphs: 2.0 MB" in out
    assert json.loads(run("cache", "--json")[1])["bytes"]["compiled graphs"] == 2_000_004


def test_clearing_leaves_what_is_not_ours(run, system):
    code, out, _ = run("cache", "--clear")
    assert code == 0
    assert "2.0 MB freed" in out
    assert "empty" in run("cache")[1]
    assert (system / "mine.txt").read_text() == "precious"


def test_moved_it_is_found_there_by_every_run_until_it_is_moved_back(run, system, tmp_path):
    assert run("cache", "--move", tmp_path / "elsewhere")[0] == 0
    assert cache_folder() == tmp_path / "elsewhere"
    assert cache.load("one") is not None
    assert not (system / "one.compiled").exists()
    assert run("cache", "--move", system)[0] == 0
    assert cache_folder() == system
    assert cache.load("one") is not None


@pytest.mark.parametrize("arguments", [["--clear", "--move", "x"], ["--move", "mine.txt/below"]])
def test_what_cannot_be_done_is_one_sentence(run, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("a file")
    code, out, err = run("cache", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_moving_what_a_variable_names_is_refused(run, monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    assert "IMPASTO_CACHE" in run("cache", "--move", "x")[2]
