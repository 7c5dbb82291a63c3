"""A run that begins with another: what it paints before its first step is what the other paints."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import CheckpointError, UsageError
from impasto.training import checkpoint
from impasto.training.begin import begin_with_run
from impasto.training.families import FAMILIES
from impasto.training.session import Session


@pytest.fixture
def content():
    return torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))


def painted(recipe, content, index):
    with torch.no_grad():
        return recipe.paint(recipe.model.eval(), content, content, index)


@pytest.fixture
def begun(family_runs, start_family, tmp_path):
    """A new recipe of a family after beginning with a run of another; and the other's own."""

    def begun(name, other, settings=None, **options):
        if settings is None:
            run = family_runs[other]
        else:
            run = tmp_path / "other"
            for _ in start_family(other, run, steps=2, **settings).train():
                pass
        old = start_family(other, tmp_path / "old", **settings or {}).recipe
        state = checkpoint.load(run)
        old.model.load_state_dict(checkpoint.trained_weights(state))
        new = start_family(name, tmp_path / "new", seed=9, **options).recipe
        begin_with_run(new, state)
        return new, old

    return begun


@pytest.mark.parametrize("name", ["johnson", "cin", "adain", "ghiasi", "stytr2"])
def test_of_the_same_family(begun, content, name):
    new, old = begun(name, name)
    torch.testing.assert_close(painted(new, content, 0), painted(old, content, 0))


JOHNSON = {"norm": "instance", "upsampling": "nearest", "padding": "reflect", "width": 4, "blocks": 1}
CIN = {**JOHNSON, "output": "tanh"}
del CIN["norm"]


def test_one_style_of_many(begun, content):
    """The one that Johnson's network is to learn is the second of Dumoulin's."""
    new, old = begun("johnson", "cin", CIN, **JOHNSON, output="tanh")
    assert new.notes["styles"] == ["1"]
    torch.testing.assert_close(painted(new, content, 0), painted(old, content, 1))


def test_many_styles_from_one(begun, content):
    new, old = begun("cin", "johnson", {**JOHNSON, "output": "tanh"}, **CIN)
    wanted = painted(old, content, 0)
    for index in range(3):
        torch.testing.assert_close(painted(new, content, index), wanted)


def test_a_predicted_style_from_known_ones(begun, content):
    """Where the embedding says nothing, the network paints the mean of the styles it began with."""
    new, old = begun("ghiasi", "cin", CIN, **CIN)
    new.model.modulate.weight.data.zero_()
    with torch.no_grad():
        wanted = old.model.eval()(content, torch.full((1, 3), 1 / 3))
    torch.testing.assert_close(painted(new, content, 0), wanted)


def test_batch_normalisation_is_refused(begun):
    with pytest.raises(UsageError, match="only with --norm instance"):
        begun("cin", "johnson", {**JOHNSON, "norm": "batch"}, **CIN)


def test_another_family_is_refused(begun):
    with pytest.raises(UsageError, match="adain cannot begin with a run of johnson"):
        begun("adain", "johnson")


def test_other_sizes_are_refused(begun):
    with pytest.raises(CheckpointError, match="of cin, has a network of other sizes"):
        begun("johnson", "cin", CIN, **{**JOHNSON, "width": 5})


def test_a_base_keeps_its_own_weights(family_runs, picture_folders, tmp_path):
    options = FAMILIES["cin"].options(crop=64)
    run = family_runs["cin"]
    with pytest.raises(UsageError, match="give one, as a base keeps its own weights"):
        Session.start(*picture_folders, tmp_path / "new", options, base=run, begin_with=run)
    assert not (tmp_path / "new").exists()
