from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from impasto.batch.job import Job, Outcome
from impasto.batch.manifest import BatchManifest, read_entries
from impasto.errors import ImageError


@pytest.fixture
def job(tmp_path):
    (tmp_path / "out.png").write_bytes(b"painted")
    return Job(tmp_path / "in.png", tmp_path / "out.png")


def test_a_line_says_what_was_done(tmp_path, job):
    path = tmp_path / "done.jsonl"
    manifest = BatchManifest(path)
    manifest.add(Outcome(job, "painted", 4, 3, 0.5))
    manifest.add(Outcome(job, "failed", error=ImageError("it is\nbroken")))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["status"] for line in lines] == ["painted", "failed"]
    finished = lines[0].pop("finished")
    assert finished.endswith("+00:00")
    assert lines[0] == {
        "input": str(job.source),
        "output": str(job.target),
        "status": "painted",
        "width": 4,
        "height": 3,
        "seconds": 0.5,
        "bytes": 7,
        "sha256": hashlib.sha256(b"painted").hexdigest(),
        "error": None,
    }
    assert lines[1]["error"] == "it is\nbroken"
    assert lines[1]["sha256"] is None


def test_a_line_is_there_before_the_next_photo(tmp_path, job):
    path = tmp_path / "done.jsonl"
    manifest = BatchManifest(path)
    for count in (1, 2, 3):
        manifest.add(Outcome(job, "painted"))
        assert len(read_entries(path)) == count


def test_a_later_run_adds_to_it_and_does_not_say_again_what_it_skips(tmp_path, job):
    path = tmp_path / "done.jsonl"
    BatchManifest(path).add(Outcome(job, "painted"))
    later = BatchManifest(path)
    later.add(Outcome(job, "skipped"))
    other = Job(job.source, tmp_path / "before.png")
    later.add(Outcome(other, "skipped"))
    assert [(one["status"], Path(one["output"]).name) for one in read_entries(path)] == [
        ("painted", "out.png"),
        ("skipped", "before.png"),
    ]


def test_a_line_torn_by_a_power_cut_is_passed_over_and_costs_no_other(tmp_path, job):
    path = tmp_path / "done.jsonl"
    BatchManifest(path).add(Outcome(job, "painted"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    BatchManifest(path).add(Outcome(job, "failed", error=ImageError("no")))
    assert [one["status"] for one in read_entries(path)] == ["painted", "failed"]


def test_names_that_are_no_text_survive(tmp_path, job):
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    manifest = BatchManifest(tmp_path / "done.jsonl")
    manifest.add(Outcome(Job(Path(name), job.target), "failed", error=ImageError("no")))
    assert read_entries(tmp_path / "done.jsonl")[0]["input"] == name


def test_what_is_no_manifest_is_neither_read_nor_written(tmp_path):
    precious = tmp_path / "letter.txt"
    precious.write_text("Dear Theo,\n")
    with pytest.raises(ImageError, match="is no manifest"):
        BatchManifest(precious)
    assert precious.read_text() == "Dear Theo,\n"
    with pytest.raises(ImageError, match="cannot read the manifest"):
        BatchManifest(tmp_path)


def test_a_manifest_that_cannot_be_written_is_one_sentence(tmp_path, job):
    manifest = BatchManifest(tmp_path / "nowhere" / "done.jsonl")
    with pytest.raises(ImageError, match=r"cannot write the manifest .*done.jsonl"):
        manifest.add(Outcome(job, "skipped"))
