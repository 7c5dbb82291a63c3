"""The literature's systems from the command line: trained, exported, listed, painted with, measured."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from impasto.training.families import FAMILIES

TINY = ("--width=4", "--blocks=1", "--crop=64", "--batch=1", "--preview-steps=0")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, draw):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(draw(4, 75, 99)).save("photo.png")


def test_from_an_artwork_to_a_painted_photo(run, picture_folders):
    photos, artworks = picture_folders
    artwork = artworks / "2.png"
    folders = ("--content", photos, "--style", artwork, "--run", "runs/waves")
    code, out, err = run("train", "johnson", *folders, *TINY, "--steps", 2, "--validation", photos, "--json")
    assert code == 0, err
    facts = json.loads(out)
    assert (facts["steps"], facts["finished"], set(facts["terms"])) == (
        2,
        True,
        {"content", "style", "gram", "tv", "range"},
    )
    assert facts["seconds_per_step"] > 0
    code, out, err = run("train", "johnson", *folders, "--resume", "--steps", 3)
    assert (code, out) == (0, "runs/waves: 3 steps, trained\n"), err

    code, out, err = run("export", "runs/waves", "-o", "waves")
    assert (code, err) == (0, "")
    assert all(len(line.split()) == 5 and line.split()[2] == line.split()[4] == "-" for line in out.splitlines()[1:])

    code, out, _ = run("models", "waves", "--json")
    assert code == 0
    default, *_, waves = json.loads(out)
    assert (default["family"], default["any_style"]) == ("default", True)
    assert (waves["name"], waves["family"], waves["example"], waves["any_style"]) == ("waves", "johnson", "2", False)
    assert waves["milliseconds_512"] > 0

    assert run("stylize", "photo.png", "--style", "2", "--model", "waves", "--strength", "0.5", "-o", "p.png")[0] == 0
    with Image.open("p.png") as painted:
        assert painted.size == (99, 75)
    code, _, err = run("stylize", "photo.png", "--style", artwork, "--model", "waves", "-o", "q.png")
    assert code == 2
    assert "paints only what it was trained on (2)" in err


def test_models_of_learnt_styles_are_measured_by_their_names(run, family_models, picture_folders):
    photos, artworks = picture_folders
    arguments = ("--content", photos, "--style", artworks, "--limit-content", 1, "--size", 64)
    code, out, err = run("evaluate", *arguments, "--model", family_models["cin"], "--json")
    assert code == 0, err
    assert json.loads(out)["styles"] == 3
    code, _, err = run("evaluate", *arguments, "--model", family_models["johnson"])
    assert code == 2
    assert "there is no style named '0'" in err


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_explains_itself(run, name):
    code, out, _ = run("train", name, "--help")
    assert code == 0
    words = " ".join(out.split())
    assert FAMILIES[name].summary in words
    assert "--learning-rate" in words
    assert f"impasto train {name}" in words
    assert ("--base" in words) == (name == "cin")


def test_a_run_of_another_family_is_told_of(run, family_runs, picture_folders):
    folders = ("--content", picture_folders[0], "--style", picture_folders[1])
    code, _, err = run("train", "ghiasi", *folders, "--run", family_runs["cin"], "--resume")
    assert code == 2
    assert "continue it with train cin" in err


@pytest.mark.thorough
def test_a_model_measured_now(run, family_models):
    code, out, _ = run("models", family_models["stytr2"], "--measure", "--json")
    assert code == 0
    assert all(one["milliseconds_512"] > 0 for one in json.loads(out))
