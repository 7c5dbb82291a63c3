from __future__ import annotations

from pathlib import Path

import pytest

from impasto.batch.job import Job
from impasto.cli.plan import plan
from impasto.errors import ImageError, OutputExists, UsageError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "a.PNG", "x/a.jpg", "x/b.gif", "x/.hidden.jpg", "x/notes.txt", "x/deeper/c.jpg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def targets(photos, output=None, **details):
    return [str(job.target) for job in plan(photos, output, "noon", **{"overwrite": False, **details})]


def test_one_photo_is_painted_beside_itself_or_into_exactly_the_file_named():
    assert targets(["a.jpg"]) == ["a-noon.jpg"]
    assert targets(["a.PNG"]) == ["a-noon.PNG"]
    assert targets(["x/b.gif"]) == ["x/b-noon.png"]
    assert targets(["a.jpg"], "out.webp") == ["out.webp"]
    assert targets(["a.jpg"], "x") == ["x/a-noon.jpg"]
    assert targets(["a.jpg"], "new/") == ["new/a-noon.jpg"]


def test_a_dash_is_a_standard_stream():
    assert plan(["-"], None, "noon", overwrite=False) == [Job(None, None)]
    assert plan(["-"], "out.png", "noon", overwrite=False) == [Job(None, Path("out.png"))]
    assert plan(["a.jpg"], "-", "noon", overwrite=False) == [Job(Path("a.jpg"), None)]
    assert targets(["-"], "x") == ["x/pastiche-noon.png"]


def test_several_photos_go_beside_themselves_or_into_a_folder():
    assert targets(["a.jpg", "x/a.jpg"]) == ["a-noon.jpg", "x/a-noon.jpg"]
    assert targets(["a.jpg", "a.PNG"], "new") == ["new/a-noon.jpg", "new/a-noon.PNG"]


def test_photos_of_the_same_name_do_not_collide():
    assert targets(["a.jpg", "x/a.jpg"], "new") == ["new/a-noon.jpg", "new/a-noon-2.jpg"]
    Path("y").mkdir()
    Path("y/A.jpg").touch()
    third = targets(["a.jpg", "x/a.jpg", "y/A.jpg"], "new")[2]
    assert third == "new/A-noon-3.jpg", "some file systems take a.jpg and A.jpg for one name"


def test_a_target_is_never_a_photo_of_the_run():
    Path("a-noon.jpg").touch()
    assert targets(["a.jpg", "a-noon.jpg"], overwrite=True) == ["a-noon-2.jpg", "a-noon-noon.jpg"]


def test_a_folder_becomes_a_folder():
    assert targets(["x"]) == [str(Path("x-noon/a-noon.jpg").resolve()), str(Path("x-noon/b-noon.png").resolve())]
    assert targets(["x/"], "new") == ["new/a-noon.jpg", "new/b-noon.png"]


def test_what_exists_is_kept_unless_told_otherwise():
    with pytest.raises(OutputExists, match="--overwrite"):
        targets(["a.jpg"], "a.PNG")
    assert targets(["a.jpg"], "a.PNG", overwrite=True) == ["a.PNG"]


def test_a_name_that_is_made_up_is_one_that_is_free():
    for made, expected in (("a-noon.jpg", "a-noon-2.jpg"), ("a-noon-2.jpg", "a-noon-3.jpg")):
        Path(made).touch()
        assert targets(["a.jpg"]) == [expected]
    Path("x/a-noon.jpg").touch()
    assert targets(["a.jpg"], "x") == ["x/a-noon-2.jpg"]
    assert targets(["a.jpg"], overwrite=True) == ["a-noon.jpg"]


@pytest.mark.parametrize(
    ("photos", "output", "error", "words"),
    [
        (["-", "a.jpg"], None, UsageError, "alone"),
        (["a.jpg", "a.PNG"], "-", UsageError, "standard output"),
        (["x"], "-", UsageError, "standard output"),
        (["a.jpg", "a.PNG"], "a.jpg", UsageError, "need a folder"),
        (["a.jpg", "a.PNG"], "one.jpg", UsageError, "need a folder"),
        (["x"], "one.heic", UsageError, "need a folder"),
        (["a.jpg"], "a.jpg", UsageError, "photo itself"),
        (["a.jpg"], "./x/../a.jpg", UsageError, "photo itself"),
        (["a.jpg"], "out.txt", UsageError, "suffix"),
        (["a.jpg"], "out", UsageError, "suffix"),
        (["a.jpg"], "nowhere/out.jpg", ImageError, "does not exist"),
        (["x/deeper/../../empty"], None, ImageError, "holds no pictures"),
    ],
)
def test_what_does_not_fit_together_is_refused(photos, output, error, words):
    Path("empty").mkdir()
    with pytest.raises(error, match=words):
        plan(photos, output, "noon", overwrite=True)


def test_a_folder_in_depth_keeps_its_paths():
    assert targets(["x"], "new", recursive=True) == ["new/a-noon.jpg", "new/b-noon.png", "new/deeper/c-noon.jpg"]
    assert targets(["x"], recursive=True)[2] == str(Path("x-noon/deeper/c-noon.jpg").resolve())


def test_what_an_earlier_run_wrote_into_the_folder_is_not_painted_again():
    for name in ("x/painted/a-noon.jpg", "x/.thumbnails/a.jpg"):
        Path(name).parent.mkdir()
        Path(name).touch()
    assert len(targets(["x"], "x/painted", recursive=True)) == 3


@pytest.mark.skipif("sys.platform == 'win32'", reason="links need rights there")
def test_links_to_folders_are_not_followed():
    Path("x/deeper/up").symlink_to(Path("x").resolve())
    assert len(targets(["x"], "new", recursive=True)) == 3


def test_patterns_stand_for_the_photos_they_match():
    assert targets(["x/*"], "new") == ["new/a-noon.jpg", "new/b-noon.png"]
    assert targets(["x/**/*.jpg"], "new") == ["new/a-noon.jpg", "new/deeper/c-noon.jpg"]
    assert targets(["x/**/*.jpg"]) == ["x/a-noon.jpg", "x/deeper/c-noon.jpg"]
    assert targets(["[ab].jpg"], "new") == ["new/a-noon.jpg"]
    Path("b[1].jpg").touch()
    assert targets(["b[1].jpg"]) == ["b[1]-noon.jpg"], "a file may be called so"


def test_what_matches_nothing_is_said():
    with pytest.raises(ImageError, match=r"no picture matches x/\*.webp"):
        targets(["x/*.webp"])
    Path("y/z").mkdir(parents=True)
    with pytest.raises(ImageError, match="holds no pictures"):
        targets(["y"])
    Path("y/z/a.jpg").touch()
    with pytest.raises(ImageError, match="--recursive"):
        targets(["y"])
