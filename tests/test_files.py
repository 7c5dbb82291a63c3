from __future__ import annotations

import errno
import os
import stat

import pytest

from impasto.files import write_atomically


def fail_with(code):
    def failing(*arguments, **options):
        raise OSError(code, os.strerror(code))

    return failing


def test_writes_and_replaces(tmp_path):
    target = tmp_path / "file"
    write_atomically(target, b"one", overwrite=False)
    write_atomically(target, b"two", overwrite=True)
    assert target.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]


def test_keeps_an_existing_file(tmp_path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_atomically(target, b"new", overwrite=False)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_failing_half_way_leaves_the_old_file_and_nothing_else(tmp_path, file_size_limit):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with file_size_limit(1000), pytest.raises(OSError, match="large"):
        write_atomically(target, bytes(5000), overwrite=True)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_failing_move_leaves_nothing(tmp_path, monkeypatch, overwrite):
    monkeypatch.setattr(os, "replace", fail_with(errno.EIO))
    monkeypatch.setattr(os, "link", fail_with(errno.EIO))
    with pytest.raises(OSError, match="error"):
        write_atomically(tmp_path / "file", b"new", overwrite=overwrite)
    assert os.listdir(tmp_path) == []


def test_without_hard_links_nothing_is_overwritten_either(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", fail_with(errno.EPERM))
    target = tmp_path / "file"
    write_atomically(target, b"one", overwrite=False)
    with pytest.raises(FileExistsError):
        write_atomically(target, b"two", overwrite=False)
    assert target.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_new_file_has_the_usual_permissions(tmp_path):
    usual = tmp_path / "usual"
    usual.touch()
    write_atomically(tmp_path / "file", b"", overwrite=False)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_the_longest_name_can_be_written(tmp_path):
    target = tmp_path / ("n" * 255)
    write_atomically(target, b"x", overwrite=False)
    assert target.read_bytes() == b"x"
