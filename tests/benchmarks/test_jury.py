"""The jury: what a sheet shows and hides, and that rankings are counted as they were meant."""

from __future__ import annotations

import importlib
import json
import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto import read_picture

pytest.importorskip("torch")
pytest.importorskip("skimage")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are in the repository only")

SHADES = {"ann": 40, "ben": 120, "eva": 200}  # each painter's pastiches are of one grey


@pytest.fixture
def jury(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("jury")


@pytest.fixture
def run(jury, monkeypatch, capsys):
    def call(*arguments, code=None):
        monkeypatch.setattr(sys, "argv", ["jury.py", *map(str, arguments)])
        if code is None:
            jury.main()
            return capsys.readouterr().out
        with pytest.raises(SystemExit) as ended:
            jury.main()
        assert ended.value.code == code
        return capsys.readouterr().err

    return call


@pytest.fixture
def folders(tmp_path):
    """Three photos, two artworks, three painters; ben names his files the other way."""

    def save(path, shade):
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((48, 48, 3), shade, np.uint8)).save(path)

    for photo in ("p0", "p1", "p2"):
        save(tmp_path / "photos" / f"{photo}.png", 90)
        for style in ("a--b", "c"):
            for name, shade in SHADES.items():
                separator = "__" if name == "ben" else "--"
                save(tmp_path / name / f"{photo}{separator}{style}.png", shade)
    for style in ("a--b", "c"):
        save(tmp_path / "styles" / f"{style}.png", 10)
    return tmp_path


def given(folders, *names):
    painters = [one for name in names or SHADES for one in ("--painter", f"{name}={folders / name}")]
    return ["--content", folders / "photos", "--style", folders / "styles", *painters]


def test_a_sheet_shows_what_the_key_says_and_names_nobody(run, folders):
    out = folders / "round"
    options = ("--rows", 4, "--rows-per-sheet", 3, "--side", 32)
    assert "4 rows" in run("sheets", *given(folders), "-o", out, *options)
    key = json.loads((out / "key.json").read_text())
    assert [(row["sheet"], row["row"]) for row in key] == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert sorted(file.name for file in (out / "sheets").iterdir()) == [
        "how-to-answer.txt",
        "sheet-1.png",
        "sheet-2.png",
    ]
    sheet = read_picture(out / "sheets" / "sheet-1.png").pixels
    step, height = (sheet.shape[1] - 12) // 5, (sheet.shape[0] - 12) // 3
    for row in key[:3]:
        places = [sheet[12 + (row["row"] - 1) * height + 10, 12 + column * step + 10, 0] for column in range(5)]
        assert places[:2] == [90, 10]
        assert places[2:] == [SHADES[row["painters"][letter]] for letter in "ABC"]
    told = (out / "sheets" / "how-to-answer.txt").read_text()
    assert "Which would you hang" in told
    assert not any(name in told for name in SHADES)


def test_styles_come_in_turn_photos_are_spread_and_a_seed_repeats(jury):
    pairs = [(f"p{photo}", f"s{style}") for photo in range(6) for style in range(3)]
    rows = jury.chosen_rows(pairs, 12, random.Random(3))
    assert rows == jury.chosen_rows(pairs, 12, random.Random(3))
    assert rows != jury.chosen_rows(pairs, 12, random.Random(4))
    assert len(set(rows)) == 12
    assert [style for _, style in rows[:3]] == [style for _, style in rows[3:6]]
    assert set(Counter(photo for photo, _ in rows).values()) == {2}
    assert len(jury.chosen_rows(pairs, 99, random.Random(3))) == 18


def test_no_painter_has_a_favoured_letter(run, folders):
    out = folders / "round"
    run("sheets", *given(folders), "-o", out, "--rows", 6, "--side", 32)
    key = json.loads((out / "key.json").read_text())
    for letter in "ABC":
        assert Counter(row["painters"][letter] for row in key) == dict.fromkeys(SHADES, 2)


def test_only_the_pairs_of_a_list_and_each_of_them(run, folders):
    listed = folders / "pairs.txt"
    listed.write_text("p1--a--b\np2__c\n")
    run("sheets", *given(folders), "-o", folders / "round", "--pairs", listed, "--side", 32)
    key = json.loads((folders / "round" / "key.json").read_text())
    assert {(row["photo"], row["style"]) for row in key} == {("p1", "a--b"), ("p2", "c")}
    (folders / "eva" / "p2--c.png").unlink()
    message = run("sheets", *given(folders), "-o", folders / "next", "--pairs", listed, code=2)
    assert "eva lacks p2--c.png" in message
    listed.write_text("p9--c")
    assert "p9--c" in run("sheets", *given(folders), "-o", folders / "next", "--pairs", listed, code=2)
    assert not (folders / "next").exists()


KEY = [
    {"sheet": 1, "row": 1, "photo": "p0", "style": "a", "painters": {"A": "ann", "B": "ben", "C": "eva"}},
    {"sheet": 1, "row": 2, "photo": "p1", "style": "c", "painters": {"A": "eva", "B": "ann", "C": "ben"}},
]


@pytest.fixture
def answers(tmp_path):
    """One juror answers in lines, with words; the other in JSON."""
    (tmp_path / "key.json").write_text(json.dumps(KEY))
    (tmp_path / "ranks-x.txt").write_text("1 1 ABC the whole face\n\n1 2 bca\n")  # ann, ben, eva twice
    (tmp_path / "ranks-y.json").write_text('[[1, 1, "BAC", "palette"], ["1", "2", "BCA"]]')  # ben, ann, eva once
    return [tmp_path / name for name in ("key.json", "ranks-x.txt", "ranks-y.json")]


def test_rankings_are_counted_together_by_juror_and_by_style(run, answers):
    facts = json.loads(run("count", *answers, "--json"))
    assert (facts["rows"], facts["rankings"]) == (2, 4)
    places = ("first", "second", "last", "mean_place")
    together = {name: [one[place] for place in places] for name, one in facts["together"].items()}
    assert together == {"ann": [3, 1, 0, 1.25], "ben": [1, 3, 0, 1.75], "eva": [0, 0, 4, 3]}
    assert facts["over"]["ann"] == {"ben": 3, "eva": 4}
    assert facts["over"]["ben"] == {"ann": 1, "eva": 4}
    assert facts["by_juror"]["y"]["ben"]["first"] == 1
    assert facts["by_style"]["a"]["ann"]["mean_place"] == 1.5
    assert facts["agreement"] == [{"jurors": ["x", "y"], "rows": 2, "choices": pytest.approx(5 / 6), "firsts": 0.5}]
    low, high = facts["together"]["ann"]["first_95"]
    assert low <= 0.75 <= high
    printed = run("count", *answers)
    assert "| ann | 3 | 1 | 0 | 1.25 | 75% (50% to 100%) | 0% (0% to 0%) |" in printed
    assert "| x and y | 2 | 83% | 50% |" in printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 1 AB", "expected each of ABC once"),
        ("1 3 ABC", "row 3 of sheet 1, which was not shown"),
        ("1 1 ABC\n1 1 BAC", "was ranked twice"),
        ("one 1 ABC", "expected the sheet, the row and an order"),
        ("", "ranks no row"),
    ],
)
def test_a_ranking_that_cannot_be_meant_is_refused(run, answers, text, expected):
    answers[1].write_text(text)
    message = run("count", *answers, code=2)
    assert expected in message
    assert "ranks-x.txt" in message


def test_what_is_no_round_is_refused(run, folders, answers):
    assert "not a round's key" in run("count", answers[2], answers[1], code=2)
    assert "cannot read" in run("count", folders / "none.json", answers[1], code=2)
    assert "expected 2 to 8" in run("sheets", *given(folders, "ann"), "-o", folders / "round", code=2)
    assert "give a new folder" in run("sheets", *given(folders), "-o", folders / "ann", code=2)


def test_a_figure_agrees_where_the_preferred_painter_has_the_better_one(run, jury, folders, monkeypatch):
    measured = {40: (1, 0.2, 1), 120: (2, 0.9, 1), 200: (3, 0.5, 1)}  # ann, ben, eva: content, SSIM, all others

    class Meter:
        def __init__(self, network):
            pass

        def features(self, picture):
            return picture

        def compare(self, pastiche, *_):
            content, ssim, rest = measured[int(pastiche[0, 0, 0])]
            return jury.Figures(content, rest, rest, ssim, rest, rest)

    monkeypatch.setattr(jury, "Meter", Meter)
    monkeypatch.setattr(jury, "load_vgg19", lambda: None)
    key = [{"sheet": 1, "row": 1, "photo": "p0", "style": "c", "painters": {"A": "ann", "B": "ben", "C": "eva"}}]
    (folders / "key.json").write_text(json.dumps(key))
    (folders / "ranks-x.txt").write_text("1 1 ABC")
    asked = ("figures", folders / "key.json", folders / "ranks-x.txt", *given(folders), "--size", 48)
    facts = json.loads(run(*asked, "--json"))
    assert (facts["rows"], facts["choices"]) == (1, 3)
    assert facts["agreement"] == pytest.approx(
        {"content": 1, "style": 0.5, "gram": 0.5, "ssim": 1 / 3, "fringes": 0.5, "grain": 0.5}
    )
    assert facts["means"]["ben"]["content"] == 2
    assert "| content | 100% | 1.000 | 2.000 | 3.000 |" in run(*asked)
