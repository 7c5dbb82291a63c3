"""Studies that train networks: what each variant was, equal terms, and what is said where folders are missing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from impasto.errors import TrainingError, UsageError
from impasto.studies import STUDIES, trained, workshop

VARIANTS = {
    "norm": ["instance", "batch"],
    "upsampling": ["nearest", "transposed"],
    "clipping": ["none", "all together, 5", "each, 1"],
    "amount": ["2", "4"],
    "style-weight": ["1", "5", "25"],
    "encoder-norm": ["none", "batch"],
    "style-distance": ["squared, mean", "rooted, mean", "squared, sum", "rooted, sum"],
}


@pytest.fixture(scope="session")
def folders(tmp_path_factory, draw):
    """Four photos and three artworks."""
    made = {}
    for seed, (name, count) in enumerate((("photos", 4), ("artworks", 3))):
        folder = tmp_path_factory.mktemp(name)
        for number in range(count):
            Image.fromarray(draw(10 * seed + number, 80, 96)).save(folder / f"{number}.png")
        made[name] = str(folder)
    return made


@pytest.fixture(autouse=True)
def small(monkeypatch, vgg):
    monkeypatch.setitem(trained.SHORT, "johnson", {"width": 4, "blocks": 1})
    monkeypatch.setitem(trained.SHORT, "adain", {"width": 4, "learning_rate": 1e-3})
    monkeypatch.setattr(trained, "AMOUNTS", (2, 300))
    monkeypatch.setattr(workshop.Workshop, "_vgg", vgg)


@pytest.fixture
def train(study, folders):
    def train(name, **options):
        return study(name, **{"crop": 32, "batch": 1, "steps": 2, "size": 64, **folders, **options})

    return train


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_has_a_row_and_a_column_of_pictures(train, name):
    findings = train(name)
    first, *_ = findings.columns
    assert [row[first] for row in findings.rows] == VARIANTS[name]
    assert {row["steps"] for row in findings.rows} == {2}
    assert all(np.isfinite(row["style loss"]) for row in findings.rows)
    assert findings.figure.dtype == np.uint8
    json.dumps([findings.rows, findings.data], allow_nan=False)


def test_variants_differ_in_nothing_but_their_choice(train):
    """The first step's losses depend on the seed and the pictures alone."""
    runs = train("clipping").data["curves"]
    firsts = [(one["content"][0], one["style"][0]) for one in runs]
    assert firsts[0] == firsts[1] == firsts[2]
    assert runs[0]["style"][1] != runs[2]["style"][1]


def test_progress_measures_every_part_and_the_last_step(train):
    findings = train("progress", steps=8)
    assert [row["step"] for row in findings.rows] == [1, 2, 4, 8]
    assert len({row["reconstruction, PSNR dB"] for row in findings.rows}) == 4


def test_strength_begins_at_the_photos_own_code(train, photos, styles):
    findings = train("strength", steps=2)
    assert [row["strength"] for row in findings.rows] == list(trained.STRENGTHS)
    content = [row["content loss"] for row in findings.rows]
    assert len(set(content)) == len(content)


def test_networks_begin_with_a_run_of_their_family(train, family_runs):
    run = str(family_runs["adain"])
    for name in ("clipping", "encoder-norm"):
        scratch, begun = train(name), train(name, begin_with=run)
        assert "which has half of its width" in scratch.notes[0]
        assert "which a run had begun" in begun.notes[0]
        assert begun.data["curves"][0]["content"][0] < scratch.data["curves"][0]["content"][0]
        assert [row["style loss"] for row in begun.rows] != [row["style loss"] for row in scratch.rows]


def test_networks_of_other_families_begin_as_ever(train, family_runs):
    assert train("norm", begin_with=str(family_runs["adain"])).data == train("norm").data


@pytest.mark.parametrize("name", [name for name, one in STUDIES.items() if one.trains])
def test_a_folder_is_missing(study, folders, name):
    with pytest.raises(UsageError, match="no folder of photos: give one with --photos"):
        study(name)


def test_a_folder_without_pictures(train, tmp_path):
    with pytest.raises(TrainingError, match="no files"):
        train("norm", photos=str(tmp_path))
