"""``impasto evaluate`` from folders to figures, with a toy model and an untrained VGG."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from impasto.cli.main import main

torch = pytest.importorskip("torch")
pytest.importorskip("skimage")

FIGURES = {"content", "style", "gram", "ssim", "fringes", "grain"}


@pytest.fixture(scope="module")
def vgg():
    from impasto.nn.vgg import VGG19

    torch.manual_seed(0)
    return VGG19()


@pytest.fixture(autouse=True)
def untrained_vgg(monkeypatch, vgg):
    monkeypatch.setattr("impasto.nn.vgg_weights.load_vgg19", lambda: vgg)


@pytest.fixture
def folders(tmp_path):
    """Two photos and two styles of different shapes, among files that are no pictures."""
    rng = np.random.default_rng(0)
    for kind in ("photos", "styles"):
        folder = tmp_path / kind
        folder.mkdir()
        for number, shape in enumerate([(80, 96), (120, 70)]):
            pixels = np.kron(rng.integers(0, 256, (*shape, 3), dtype=np.uint8)[::8, ::8], np.ones((8, 8, 1), np.uint8))
            Image.fromarray(pixels).save(folder / f"{kind[0]}{number}.png")
    (tmp_path / "photos" / "about.txt").write_text("no picture by its name")
    return tmp_path


def arguments(folders, model, *more):
    given = ["evaluate", "--content", folders / "photos", "--style", folders / "styles", "--model", model]
    return [str(one) for one in (*given, "--size", 64, *more)]


def evaluated(capsys, *given):
    assert main(arguments(*given, "--json")) == 0
    return json.loads(capsys.readouterr().out)


def test_figures_of_every_pair_and_of_the_photo_itself(folders, toy_model, capsys):
    report = evaluated(capsys, folders, toy_model)
    assert (report["photos"], report["styles"], report["size"], report["skipped"]) == (2, 2, 64, [])
    assert report["painter"]["model"] == "toy"
    assert {(pair["photo"], pair["style"]) for pair in report["pairs"]} == {
        (f"p{photo}", f"s{style}") for photo in (0, 1) for style in (0, 1)
    }
    assert set(report["mean"]) == set(report["by_style"]["s0"]) == set(report["by_photo"]["p1"]) == FIGURES
    assert (report["photo_itself"]["content"], report["photo_itself"]["ssim"]) == (0, 1)
    assert report["mean"]["content"] > 0
    # The toy model paints a picture in its own style nearly as it was, and moves its colours as strength grows.
    assert report["identity"]["lowest_ssim"] > 0.8
    assert [step["strength"] for step in report["strength"]["steps"]] == [0, 0.25, 0.5, 0.75, 1]
    assert report["strength"]["steps"][0]["ssim"] > report["strength"]["steps"][-1]["ssim"]


def test_kept_pastiches_measure_the_same_when_they_are_read_back(folders, toy_model, capsys):
    kept = folders / "kept"
    painted = evaluated(capsys, folders, toy_model, "-o", kept)
    assert json.loads((kept / "report.json").read_text()) == painted
    read = evaluated(capsys, folders, toy_model, "--pastiches", kept / "pastiches")
    assert read["mean"] == painted["mean"]
    assert read["painter"] == {"pastiches": str(kept / "pastiches")}
    assert "identity" not in read


def test_the_sheet_has_the_originals_in_its_margins(folders, toy_model):
    assert main(arguments(folders, toy_model, "--limit-content", "1", "--sheet", folders / "sheet.png")) == 0
    with Image.open(folders / "sheet.png") as sheet:
        # One photo and its margin across; two styles and theirs down.
        assert sheet.height > 1.4 * sheet.width


def test_the_table_names_every_row(folders, toy_model, capsys):
    assert main(arguments(folders, toy_model)) == 0
    printed = capsys.readouterr().out
    for row in ("the photo itself", "painted, 4 pairs", "style s1", "photo p0", "in its own style", "strength 0.25"):
        assert row in printed


def test_what_cannot_be_read_is_skipped_counted_and_does_not_use_up_the_limit(folders, toy_model, capsys):
    (folders / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (folders / "styles" / "a.jpg").write_bytes(b"")
    assert main(arguments(folders, toy_model, "--json", "--limit-content", "1", "--limit-style", "1")) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert len(report["skipped"]) == 2
    assert captured.err.count("skipped: cannot read") == 2
    assert [(pair["photo"], pair["style"]) for pair in report["pairs"]] == [("p0", "s0")]


def failure(capsys, *given):
    assert main(arguments(*given)) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("impasto: ")
    return message


def test_folders_without_a_picture_are_refused(folders, toy_model, capsys):
    shutil.rmtree(folders / "styles")
    assert "is not a folder" in failure(capsys, folders, toy_model)
    (folders / "styles").mkdir()
    assert "holds no pictures" in failure(capsys, folders, toy_model)
    (folders / "styles" / "broken.png").write_bytes(b"no")
    assert "none of them readable" in failure(capsys, folders, toy_model)


def test_a_folder_that_is_not_given_is_named(folders, capsys):
    assert main(["evaluate", "--content", str(folders / "photos")]) == 2
    assert "Missing option '--style'" in capsys.readouterr().err


def test_two_pictures_of_one_name_are_refused(folders, toy_model, capsys):
    Image.new("RGB", (64, 64)).save(folders / "photos" / "p0.jpg")
    assert "two pictures named p0" in failure(capsys, folders, toy_model)


def test_pastiches_that_are_missing_or_of_another_size_are_refused(folders, toy_model, capsys):
    others = folders / "others"
    others.mkdir()
    assert "lacks p0--s0.png and 3 more" in failure(capsys, folders, toy_model, "--pastiches", others)
    for photo in (0, 1):
        for style in (0, 1):
            Image.new("RGB", (64, 64 + style)).save(others / f"p{photo}--s{style}.png")
    assert "has 64×65 pixels, expected the photo's centre crop of 64×64" in failure(
        capsys, folders, toy_model, "--pastiches", others
    )


def test_nothing_is_overwritten_unasked_and_that_is_said_before_measuring(folders, toy_model, capsys, monkeypatch):
    sheet = folders / "sheet.jpg"
    sheet.write_bytes(b"mine")
    monkeypatch.setattr("impasto.metrics.report.measure", None)
    assert "exists already" in failure(capsys, folders, toy_model, "--sheet", sheet)
    assert sheet.read_bytes() == b"mine"
    assert "suffix" in failure(capsys, folders, toy_model, "--sheet", folders / "sheet.pdf")
    assert "does not exist" in failure(capsys, folders, toy_model, "--sheet", folders / "nowhere" / "sheet.jpg")


def test_without_torch_the_message_is_the_command_that_installs_it(folders, toy_model):
    code = "import sys; sys.modules['torch'] = None; from impasto.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments(folders, toy_model)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "impasto: evaluating needs packages that are not installed; run: pip install 'impasto[train]'"
    ]


def test_figures_are_recorded_where_the_list_of_models_reads_them(folders, make_toy_model, capsys):
    model = make_toy_model()
    report = evaluated(capsys, folders, model, "--record")
    assert main(["models", str(model), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)[-1]
    assert listed["losses"] == {name: report["mean"][name] for name in ("content", "style", "gram")}
    assert listed["quality"]["losses"]["photos"] == 2
