"""Torchvision's files: read as they are published, refused with one sentence where they are not what was asked for."""

from __future__ import annotations

import hashlib
import re

import pytest
import torch
from torch import nn

from impasto.errors import WeightsError
from impasto.nn import torchvision_weights
from impasto.nn.loss_networks import load_loss_network
from impasto.nn.torchvision_weights import load_state_dict
from impasto.nn.vgg import VGG16, VGG19
from impasto.nn.weights_file import fetch

CONFIGURATIONS = {
    "vgg16": [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"],
    "vgg19": [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
}
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def features_as_in_torchvision(name, *, batch_norm=False):
    """The ``features`` of torchvision's VGG, of random weights, built as torchvision builds it."""
    modules, channels = [], 3
    for entry in CONFIGURATIONS[name]:
        if entry == "M":
            modules.append(nn.MaxPool2d(2))
            continue
        modules.append(nn.Conv2d(channels, entry, 3, padding=1))
        modules.extend([nn.BatchNorm2d(entry)] if batch_norm else [])
        modules.append(nn.ReLU())
        channels = entry
    return nn.Sequential(*modules)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file of each network as torchvision publishes it: its hash in its name, a classifier too, the old format."""
    torch.manual_seed(0)
    folder, found = tmp_path_factory.mktemp("torchvision"), {}
    for name in CONFIGURATIONS:
        reference = features_as_in_torchvision(name)
        state = {f"features.{key}": tensor for key, tensor in reference.state_dict().items()}
        state["classifier.0.weight"] = torch.zeros(4, 4)
        path = folder / "part"
        torch.save(state, path, _use_new_zipfile_serialization=False)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[name] = reference, path.rename(folder / f"{name}-{digest[:8]}.pth")
    return found


@pytest.mark.parametrize(("name", "last"), [("vgg16", "relu5_3"), ("vgg19", "relu5_4")])
def test_every_layer_is_that_of_torchvision_on_its_own_preprocessing(published, name, last):
    reference, path = published[name]
    network = load_loss_network(name, weights=path, normalised=False)
    pictures = torch.rand(1, 3, 32, 48)
    found = network(pictures, network.layers)
    x, expected = (pictures - MEAN) / STD, []
    for module in reference:
        x = module(x)
        expected.extend([x] if isinstance(module, nn.ReLU) else [])
    assert list(found)[-1] == last
    assert len(found) == len(expected)
    for layer, maps in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(layer, maps, rtol=1e-4, atol=1e-5)


def test_normalising_by_layer_keeps_the_proportions_of_its_channels(published):
    raw, normalised = (load_loss_network("vgg16", weights=published["vgg16"][1], normalised=on) for on in (False, True))
    pictures = torch.rand(1, 3, 32, 32)
    before, after = raw(pictures, raw.layers), normalised(pictures, raw.layers)
    for layer in raw.layers:
        scale = after[layer].mean() / before[layer].mean()
        torch.testing.assert_close(after[layer], before[layer] * scale, rtol=1e-3, atol=1e-4)
        assert 0.2 < after[layer].mean() < 5, layer


def test_the_wrong_network_is_named(published):
    for name, other, title in (("vgg19", "vgg16", "VGG-16"), ("vgg16", "vgg19", "VGG-19")):
        with pytest.raises(WeightsError, match=f"holds the weights of {title}, expected those of"):
            load_loss_network(name, weights=published[other][1])


def test_the_variant_with_batch_normalisation_is_another_network(tmp_path):
    state = features_as_in_torchvision("vgg16", batch_norm=True).state_dict()
    torch.save({f"features.{key}": tensor for key, tensor in state.items()}, tmp_path / "vgg16_bn.pth")
    with pytest.raises(WeightsError, match="weights of another network"):
        load_state_dict(VGG16(), tmp_path / "vgg16_bn.pth")


def test_a_file_that_is_not_what_its_name_promises_is_refused_before_it_is_opened(published, tmp_path, monkeypatch):
    content = bytearray(published["vgg16"][1].read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / published["vgg16"][1].name
    damaged.write_bytes(content)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(WeightsError, match="sha256 does not begin with"):
        load_state_dict(VGG16(), damaged)


@pytest.mark.parametrize("content", [b"", b"not weights", {"epoch": 3}, [1, 2], {"fc.weight": torch.zeros(2, 2)}])
def test_what_is_no_such_file_is_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(WeightsError, match=r"weights\.pth (is no file of weights|holds no torchvision VGG)"):
        load_state_dict(VGG19(), path)


def test_a_missing_file_is_named(tmp_path):
    for name in ("gone.pth", "gone-01234567.pth"):
        with pytest.raises(WeightsError, match=rf"cannot read .*{re.escape(name)}: No such file"):
            load_state_dict(VGG19(), tmp_path / name)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_weights_are_fetched_once_and_kept(published, cache, monkeypatch):
    path = published["vgg16"][1]
    monkeypatch.setitem(torchvision_weights.URLS, "VGG-16", path.as_uri())
    with pytest.raises(WeightsError, match=f"give the path of torchvision's {path.name}, or have it fetched"):
        load_loss_network("vgg16")
    assert load_loss_network("vgg16", fetch=True, normalised=False).title == "VGG-16"
    assert [one.name for one in cache.iterdir()] == [path.name]
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("it was fetched again"))
    kept = load_loss_network("vgg16", normalised=False)
    torch.testing.assert_close(kept.parameters_of("relu1_2")[0], published["vgg16"][0][2].weight)


def test_fetching_vgg19_takes_torchvisions_weights_and_not_the_wheels(published, cache, monkeypatch):
    monkeypatch.setitem(torchvision_weights.URLS, "VGG-19", published["vgg19"][1].as_uri())
    fetched = load_loss_network("vgg19", fetch=True, normalised=False)
    torch.testing.assert_close(fetched.mean.view(3, 1, 1), MEAN)


def test_what_has_another_hash_is_not_kept(tmp_path, cache):
    (tmp_path / "vgg16-01234567.pth").write_bytes(b"something else")
    with pytest.raises(WeightsError, match="sha256 does not begin with 01234567"):
        fetch((tmp_path / "vgg16-01234567.pth").as_uri())
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/vgg16-01234567.pth", "file:///nowhere/vgg16-01234567.pth"])
def test_without_a_network_one_sentence_says_what_to_do(cache, url):
    with pytest.raises(WeightsError, match=r"cannot fetch .*01234567\.pth to .*; fetch it elsewhere and give its path"):
        fetch(url)
    assert list(cache.iterdir()) == []
