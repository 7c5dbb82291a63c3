"""A smaller painter that copies a larger one: what it learns, and what it shares with its teacher."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from impasto.errors import UnknownName, UsageError
from impasto.training.config import DefaultTrainOptions
from impasto.training.distillation import DistilledRecipe
from impasto.training.session import Session
from impasto.training.warm_start import exported_model
from impasto.weights.catalog import find_model

SMALL = {"teacher": "default", "code_size": 128, "width": 16, "bottleneck": 16, "low_frequency": 32, "steps": 12}


@pytest.fixture(scope="module")
def options(tiny_options):
    return DefaultTrainOptions(**{**tiny_options, **SMALL, "learning_rate": 5e-3, "warm_up": 2})


@pytest.fixture(scope="module")
def trained(picture_folders, options, tmp_path_factory):
    session = Session.start(*picture_folders, tmp_path_factory.mktemp("small") / "run", options)
    objectives = [step.objective for step in session.train()]
    return session, objectives


def test_it_comes_nearer_to_its_teacher(trained):
    session, objectives = trained
    assert isinstance(session.recipe, DistilledRecipe)
    assert sum(objectives[-3:]) < 0.8 * sum(objectives[:3])


def test_a_style_code_means_the_same_to_both(trained):
    teacher = exported_model(find_model("default")).encoder.state_dict()
    for name, value in trained[0].recipe.model.encoder.state_dict().items():
        assert torch.equal(value, teacher[name]), name


def test_it_is_smaller(trained):
    def size(painter):
        return sum(one.numel() for one in painter.parameters())

    assert size(trained[0].recipe.model.painter) < size(trained[0].recipe._teacher.painter) / 4


def test_codes_of_another_size_are_refused(picture_folders, options, tmp_path):
    with pytest.raises(UsageError, match="--code-size 128"):
        Session.start(*picture_folders, tmp_path / "run", replace(options, code_size=64))


def test_an_unknown_teacher_is_named(picture_folders, options, tmp_path):
    with pytest.raises(UnknownName, match="nobody"):
        Session.start(*picture_folders, tmp_path / "run", replace(options, teacher="nobody"))
