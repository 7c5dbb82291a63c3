"""The loss of patches."""

from __future__ import annotations

import torch

from impasto.losses import patch_loss
from impasto.losses.patches import PASTICHE_PATCHES, nearest, patches, style_patches


def features(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_patches_are_those_of_unfold():
    maps = features(2, 4, 6, 7)
    found = patches(maps, 1000).view(2, 20, 9, 4).transpose(2, 3).reshape(2, 20, 36)
    torch.testing.assert_close(found, torch.nn.functional.unfold(maps, 3).transpose(1, 2))


def test_a_planted_patch_is_found_whatever_its_length():
    style, pastiche = features(1, 4, 12, 13), features(1, 4, 7, 8, seed=1)
    pastiche[0, :, 2:5, 1:4] = 3 * style[0, :, 6:9, 10:13]
    found = nearest(patches(pastiche, 1000)[0], style_patches(style))
    assert found[2 * 6 + 1] == 6 * 11 + 10


def test_the_loss_is_the_distance_from_the_best_correlated():
    style, pastiche = features(1, 4, 6, 7) - 0.5, features(2, 4, 5, 6, seed=1) - 0.5
    expected = []
    of_style = torch.nn.functional.unfold(style, 3)[0].T
    for found in torch.nn.functional.unfold(pastiche, 3).transpose(1, 2):
        correlation = torch.nn.functional.cosine_similarity(found.unsqueeze(1), of_style.unsqueeze(0), dim=2)
        expected.append((found - of_style[correlation.argmax(1)]).square().mean())
    torch.testing.assert_close(patch_loss(pastiche, style_patches(style)), torch.stack(expected))


def test_a_style_with_flat_patches_of_zero_has_a_number():
    style = torch.zeros(1, 4, 8, 8)
    assert patch_loss(features(1, 4, 8, 8), style_patches(style)).isfinite().all()


def test_a_large_map_is_drawn_from_and_nearly_every_pixel_hears_of_it():
    pastiche = features(1, 2, 60, 60).requires_grad_()
    assert patches(pastiche, PASTICHE_PATCHES).shape == (1, PASTICHE_PATCHES, 18)
    patch_loss(pastiche, style_patches(features(1, 2, 20, 20, seed=1))).sum().backward()
    assert (pastiche.grad != 0).float().mean() > 0.95
