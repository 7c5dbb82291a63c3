"""A checkpoint is whole, or the one before is still there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from impasto.errors import CheckpointError
from impasto.training import checkpoint

STATE = {"model": {"weight": torch.arange(6.0).view(2, 3)}, "step": 3, "options": {"steps": 6, "minutes": None}}


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_what_was_saved_is_loaded(tmp_path):
    checkpoint.save(tmp_path, STATE)
    found = checkpoint.load(tmp_path)
    assert torch.equal(found["model"]["weight"], STATE["model"]["weight"])
    assert (found["step"], found["options"]) == (3, STATE["options"])
    assert names(tmp_path) == ["checkpoint.pt"]


def test_a_full_disk_leaves_the_old_one_and_nothing_else(tmp_path, file_size_limit):
    checkpoint.save(tmp_path, STATE)
    with file_size_limit(20_000), pytest.raises(CheckpointError, match="disk is full"):
        checkpoint.save(tmp_path, {**STATE, "step": 4, "model": {"weight": torch.rand(10_000)}})
    assert checkpoint.load(tmp_path)["step"] == 3
    assert names(tmp_path) == ["checkpoint.pt"]


def test_dying_while_writing_leaves_the_old_one(tmp_path, monkeypatch):
    def interrupted(_state, path):
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    checkpoint.save(tmp_path, STATE)
    monkeypatch.setattr(torch, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(tmp_path, {**STATE, "step": 4})
    assert checkpoint.load(tmp_path)["step"] == 3
    assert names(tmp_path) == ["checkpoint.pt"]


def test_a_folder_that_is_gone_is_told_of(tmp_path):
    with pytest.raises(CheckpointError, match="cannot write"):
        checkpoint.save(tmp_path / "gone", STATE)


def test_no_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match=r"holds no checkpoint\.pt"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "one bit"])
def test_a_damaged_one_is_refused_in_a_sentence(tmp_path, damage):
    checkpoint.save(tmp_path, {**STATE, "model": {"weight": torch.ones(5000)}})
    path = tmp_path / "checkpoint.pt"
    content = path.read_bytes()
    position = content.index(torch.ones(3).numpy().tobytes()) + 400
    path.write_bytes(
        {
            "truncated": content[: len(content) // 2],
            "empty": b"",
            "text": b"no checkpoint",
            "one bit": content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :],
        }[damage]
    )
    with pytest.raises(CheckpointError, match="damaged") as caught:
        checkpoint.load(tmp_path)
    assert "\n" not in str(caught.value)


class Code:
    def __reduce__(self):
        return print, ("code in a checkpoint was run",)


def test_code_is_never_run(tmp_path, capsys):
    torch.save({"format": checkpoint.FORMAT, "model": Code()}, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="no checkpoint of a run"):
        checkpoint.load(tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [{"format": 2}, {"weights": {}}, torch.ones(2)], ids=["newer", "foreign", "bare"])
def test_another_format_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="format"):
        checkpoint.load(tmp_path)
