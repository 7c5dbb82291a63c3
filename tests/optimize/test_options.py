"""Options: sizes of scales, names with weights, and what contradicts itself."""

from __future__ import annotations

import pytest

from impasto.errors import UsageError
from impasto.optimize import OptimizeOptions
from impasto.optimize.options import weighted


def test_names_carry_weights():
    assert weighted(("relu1_1", "relu4_2=0.25"), "=", "style_layer") == {"relu1_1": 1.0, "relu4_2": 0.25}
    assert OptimizeOptions(style_loss=("gram:2", "swd")).style_losses == {"gram": 2.0, "swd": 1.0}


@pytest.mark.parametrize("entry", ["relu1_1=x", "relu1_1=", "=2", "relu1_1=-1", "relu1_1=nan", "relu1_1=inf", ""])
def test_weights_that_are_none_are_refused(entry):
    with pytest.raises(UsageError, match="expected NAME or NAME=WEIGHT"):
        OptimizeOptions(style_layer=(entry,))


def test_a_name_is_given_once():
    with pytest.raises(UsageError, match="'gram' twice"):
        OptimizeOptions(style_loss=("gram", "gram:2"))


def test_scales_end_with_the_size_and_grow_by_the_factor():
    assert OptimizeOptions(size=512, first_size=128).sizes() == (128, 181, 256, 362, 512)
    assert OptimizeOptions(size=500, first_size=100, scale_factor=2).sizes() == (125, 250, 500)
    assert OptimizeOptions(size=100, first_size=128).sizes() == (100,)


def test_each_optimiser_has_its_own_defaults():
    assert (OptimizeOptions().rate, OptimizeOptions().decay) == (1.0, 0.0)
    adam = OptimizeOptions(optimizer="adam")
    assert (adam.rate, adam.decay) == (0.02, 0.9)
    given = OptimizeOptions(learning_rate=0.5, ema=0.25)
    assert (given.rate, given.decay) == (0.5, 0.25)


def test_they_survive_json():
    options = OptimizeOptions(style_layer=("relu1_1=2",), steps=7)
    values = {**options.as_dict(), "style_layer": ["relu1_1=2"], "from the future": 1}
    assert OptimizeOptions.from_dict(values) == options


def test_lbfgs_cannot_follow_a_loss_that_changes():
    with pytest.raises(UsageError, match="take adam"):
        OptimizeOptions(style_loss=("adversarial",))
    OptimizeOptions(style_loss=("adversarial",), optimizer="adam")
