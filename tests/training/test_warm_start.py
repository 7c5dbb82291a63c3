import pytest
import torch

from impasto.errors import WeightsError
from impasto.models.painter import PainterConfig
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.default_recipe import DefaultModel, painter_config
from impasto.training.warm_start import load_exported
from impasto.weights.catalog import find_model


def test_a_run_can_begin_where_an_exported_model_is(tiny_run, tiny_model):
    state = checkpoint.load(tiny_run)
    model = DefaultModel(painter_config(DefaultTrainOptions.from_dict(state["options"])))
    load_exported(model, find_model(tiny_model))
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, state["average"][name], rtol=1e-3, atol=1e-3, msg=name)


def test_a_model_of_other_sizes_is_refused(tiny_model):
    with pytest.raises(WeightsError, match="begin with a model of the same sizes"):
        load_exported(DefaultModel(PainterConfig(code_size=8, width=12)), find_model(tiny_model))
