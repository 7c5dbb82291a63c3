"""What is measured of a network before normalising it, and on what."""

from __future__ import annotations

import torch

from impasto.nn.activation_means import mean_activations, pink_noise
from impasto.nn.vgg_weights import channel_means, load_vgg19


def test_normalising_by_what_was_measured_gives_each_channel_the_mean_1():
    vgg, pictures = load_vgg19(normalised=False, pooling="average"), pink_noise(1, side=64)
    found = mean_activations(vgg, pictures)
    assert list(found) == list(vgg.layers)
    vgg.normalise(found)
    for layer, means in mean_activations(vgg, pictures).items():
        alive = found[layer] > 1e-3
        torch.testing.assert_close(means[alive], torch.ones_like(means[alive]), rtol=2e-2, atol=0)


def test_noise_excites_layers_about_as_strongly_as_photographs():
    photographs = channel_means()
    on_noise = mean_activations(load_vgg19(normalised=False), pink_noise())
    for layer, means in photographs.items():
        assert 0.5 < on_noise[layer].mean() / means.mean() < 2.5, layer


def test_noise_is_of_its_seed_and_a_picture():
    assert torch.equal(pink_noise(1, 64, seed=3), pink_noise(1, 64, seed=3))
    noise = pink_noise(3, 64)
    assert noise.shape == (3, 3, 64, 64)
    assert noise.min() >= 0
    assert noise.max() <= 1
