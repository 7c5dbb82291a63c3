"""Whole batches on a toy model: what is painted, left out, named and recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from impasto.batch import photo as photo_room
from impasto.batch.job import Job
from impasto.batch.manifest import read_entries
from impasto.batch.photo import Recipe, attempt
from impasto.batch.run import run_batch
from impasto.cli.main import main
from impasto.errors import MissingExtra
from impasto.image.io import read_picture, write_picture
from impasto.inference.stylizer import Stylizer
from impasto.options import BatchOptions, StylizeOptions

COUNT = 12


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(draw):
    """Twelve photos of several shapes, half of them in a folder of their own, and four hostile files among them."""
    for index in range(COUNT):
        file = Path("in", "deeper" if index % 2 else "", f"{index:02}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(index, 64 + 5 * index, 120 - 3 * index)).save(file)
    whole = Path("in/00.png").read_bytes()
    Path("in/empty.jpg").write_bytes(b"")
    Path("in/text.jpg").write_text("no picture at all")
    Path("in/deeper/cut.png").write_bytes(whole[: len(whole) // 2])
    Path("in/bomb.png").write_bytes(whole[:16] + (60_000).to_bytes(4, "big") * 2 + whole[24:])
    Path("in/dir.jpg").mkdir()
    Path("in/notes.txt").write_text("not called a picture")
    return Path("in")


@pytest.fixture
def stylize(toy_model, capsys):
    def run(*arguments):
        code = main(["stylize", *map(str, arguments), "--style", "noon", "--model", str(toy_model)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def pastiches(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in Path(folder).rglob("*") if file.is_file()}


@pytest.mark.parametrize("jobs", [[], ["--jobs", "1"], ["--jobs", "3"]])
def test_bad_files_are_named_and_stop_nothing(stylize, folder, jobs):
    code, out, err = stylize(folder, "-o", "out", "--recursive", *jobs)
    assert code == 1
    assert len(out.splitlines()) == COUNT
    named = sorted(Path(line.split(":")[1].strip()).name for line in err.splitlines())
    assert named == ["bomb.png", "cut.png", "empty.jpg", "text.jpg"]
    assert len(pastiches("out")) == COUNT
    assert "deeper/01-noon.png" in pastiches("out"), "paths below the folder are kept"


@pytest.mark.usefixtures("folder")
def test_files_are_equal_whatever_the_number_of_jobs_and_the_order(stylize):
    stylize("in", "-o", "two", "--recursive", "--jobs", "2")
    stylize("in", "-o", "five", "--recursive", "--jobs", "5")
    stylize("in/deeper", "in", "-o", "other", "--jobs", "3")
    assert pastiches("two") == pastiches("five")
    assert pastiches("two")["deeper/03-noon.png"] == pastiches("other")["03-noon.png"]


def test_a_run_goes_on_where_it_was_stopped(stylize, folder):
    arguments = [folder, "-o", "out", "--recursive", "--skip-existing", "--manifest", "done.jsonl"]
    assert stylize(*arguments)[0] == 1
    assert sum(one["status"] == "painted" for one in read_entries(Path("done.jsonl"))) == COUNT
    whole = pastiches("out")
    for lost in ("00-noon.png", "deeper/05-noon.png"):
        Path("out", lost).unlink()
    code, out, _ = stylize(*arguments)
    assert code == 1
    assert sorted(line.split()[0] for line in out.splitlines() if "exists" not in line) == [
        "out/00-noon.png",
        "out/deeper/05-noon.png",
    ]
    assert pastiches("out") == whole
    entries = read_entries(Path("done.jsonl"))
    assert sum(one["status"] == "painted" for one in entries) == COUNT + 2
    assert not any(one["status"] == "skipped" for one in entries), "they are recorded as painted"


@pytest.mark.usefixtures("saved")
def test_skipping_a_single_photo_is_success(stylize):
    assert stylize("photo.png", "--skip-existing")[0] == 0
    before = Path("photo-noon.png").stat()
    code, out, err = stylize("photo.png", "--skip-existing", "--manifest", "done.jsonl")
    assert (code, out, err) == (0, "photo-noon.png  exists\n", "")
    assert Path("photo-noon.png").stat().st_mtime_ns == before.st_mtime_ns
    assert read_entries(Path("done.jsonl"))[0]["status"] == "skipped"


@pytest.fixture
def saved(photo):
    Image.fromarray(photo).save("photo.png")


@pytest.mark.usefixtures("saved")
def test_what_does_not_fit_together_is_refused(stylize):
    code, _, err = stylize("photo.png", "--overwrite", "--skip-existing")
    assert (code, err.count("\n")) == (2, 1)
    assert "--skip-existing" in err
    code, _, err = stylize("photo.png", "-o", "-", "--manifest", "done.jsonl")
    assert code == 2
    assert "are for files" in err
    assert not Path("done.jsonl").exists()


def test_an_interrupt_ends_with_130_and_leaves_whole_files_only(stylize, folder, monkeypatch):
    calls = []
    real = photo_room.write_picture

    def write(*arguments, **details):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **details)

    monkeypatch.setattr(photo_room, "write_picture", write)
    assert stylize(folder, "-o", "out", "--recursive", "--manifest", "done.jsonl")[0] == 130
    left = [file for file in Path("out").rglob("*") if file.is_file()]
    assert 3 <= len(left) < COUNT
    for file in left:
        with Image.open(file) as image:
            image.load()
    assert len(read_entries(Path("done.jsonl"))) <= len(left)


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, "No space left on device"), ZeroDivisionError("a bug")])
def test_whatever_one_photo_meets_is_its_own_outcome(toy_model, photo, monkeypatch, error):
    Image.fromarray(photo).save("photo.png")
    stylizer = Stylizer.load(toy_model)
    options = StylizeOptions(style=("noon",), model=str(toy_model))
    recipe = Recipe(options, {"style": "noon"})
    monkeypatch.setattr(photo_room, "read_picture", lambda *_: (_ for _ in ()).throw(error))
    outcome = attempt(Job(Path("photo.png"), Path("out.png")), recipe, stylizer)
    assert outcome.status == "failed"
    assert len(str(outcome.error).splitlines()) == 1


def test_ray_not_installed_is_the_command_that_installs_it(toy_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    options = StylizeOptions(style=("noon",), model=str(toy_model))
    jobs = [Job(Path("a.png"), Path("b.png"))]
    outcomes = run_batch(jobs, Recipe(options, {}), BatchOptions(executor="ray"), Stylizer.load(toy_model))
    with pytest.raises(MissingExtra, match=r"pip install 'impasto\[ray\]'"):
        next(outcomes)


def test_from_python(toy_model, photo):
    Image.fromarray(photo).save("photo.png")
    stylizer = Stylizer.load(toy_model)
    recipe = Recipe(StylizeOptions(style=("noon",), model=str(toy_model)), {"style": stylizer.preset_code("noon")})
    jobs = [Job(Path("photo.png"), Path(name)) for name in ("one.png", "new/two.png")]
    outcomes = list(run_batch(jobs, recipe, BatchOptions(), stylizer))
    assert {(one.status, one.width, one.height) for one in outcomes} == {("painted", 104, 72)}
    expected = stylizer.stylize(photo, "noon")
    with Image.open("new/two.png") as image:
        assert np.abs(np.asarray(image).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_print_quality_goes_in_and_comes_out(stylize, photo, suffix):
    pytest.importorskip("pyvips", reason="libvips is not installed (pip install 'impasto[print]')")
    deep = photo.astype(np.uint16) * 257 + np.uint16(100) * (photo < 200)
    alpha = np.arange(104, dtype=np.uint16)[None].repeat(72, 0) * 600
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write_picture(Path(f"photo{suffix}"), deep, alpha=alpha, dpi=(300, 300), profile=profile)
    assert stylize(f"photo{suffix}")[0] == 0
    painted = read_picture(f"photo-noon{suffix}", deep=True)
    assert painted.deep.pixels.shape == deep.shape
    assert len(np.unique(painted.deep.pixels % 257)) > 50, "more than 8 bits repeated"
    np.testing.assert_array_equal(painted.deep.alpha, alpha)
    assert painted.deep.profile == profile
    assert painted.dpi == pytest.approx((300, 300), abs=0.1)
    assert stylize(f"photo{suffix}", "-o", "small.jpg")[0] == 0
    assert read_picture("small.jpg").pixels.shape == deep.shape
