"""The default model's recipe on a tiny network: its terms, its targets, and that it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from impasto.image.color import color_statistics
from impasto.nn.vgg_weights import load_vgg19
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batch, Batches, PictureFolder, StyleView, random_motions
from impasto.training.default_recipe import DefaultRecipe, recolor_matrices
from impasto.training.loop import Trainer

STILL = np.eye(2, 3, dtype=np.float32)[None]
FEATURES = ["content", "structure", "style", "gram"]
PIXELS = ["detail", "flow", "stain", "fading", "ssim", "tv", "range", "grid", "identity"]
NAMES = FEATURES + PIXELS


@pytest.fixture(scope="module")
def make_recipe(picture_folders, tiny_options):
    vgg = load_vgg19()
    folders = [PictureFolder.load(folder) for folder in picture_folders]

    def make(**changes):
        options = DefaultTrainOptions(**{**tiny_options, **changes})
        batches = Batches(
            *folders,
            options.seed,
            options.style_views,
            options.identity_fraction,
            options.photo_style_fraction,
            options.content_views,
        )
        recipe = DefaultRecipe(options, vgg, batches)
        recipe.prepare()
        return recipe

    return make


@pytest.fixture(scope="module")
def recipe(make_recipe):
    return make_recipe()


def batch_of(recipe, identity):
    style = StyleView(0, 0)
    content = recipe._batches.style_pixels(style)[:64, :64] if identity else recipe._batches.draw(0, 1, 64).content[0]
    return Batch(content[None], [None], [style], np.array([identity]), np.zeros((1, 2), np.int64), STILL)


def test_every_term_is_named_weighted_and_finite(recipe):
    terms = recipe.terms(recipe.batch(0, 0.0))
    assert list(terms) == list(recipe.weights) == NAMES
    for term in terms.values():
        assert (term.shape, term.dtype) == ((), torch.float32)
        assert term.isfinite()
        assert term >= 0


def test_weights_are_the_options(make_recipe):
    recipe = make_recipe(style_weight=7.5, tv_weight=0.0)
    assert recipe.weights["style"] == 7.5
    assert recipe.weights["tv"] == 0.0


def test_only_pairs_of_one_picture_pay_for_identity(recipe):
    assert recipe.terms(batch_of(recipe, identity=True))["identity"] > 0
    assert recipe.terms(batch_of(recipe, identity=False))["identity"] == 0


def test_small_crops_come_first_and_twice_as_many(recipe):
    assert recipe.batch(0, 0.0).content.shape == (2, 32, 32, 3)
    assert recipe.batch(0, 0.49).content.shape == (2, 32, 32, 3)
    assert recipe.batch(0, 0.5).content.shape == (1, 64, 64, 3)


def test_the_seed_decides_the_first_weights_and_leaves_the_callers_random_state_alone(make_recipe):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = make_recipe(), make_recipe(), make_recipe(seed=1)
    assert torch.equal(torch.rand(3), expected)
    weights = [recipe.model.painter.stem.conv.weight for recipe in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_targets_do_not_depend_on_what_was_asked_for_before(make_recipe):
    """A resumed run asks in another order."""
    first, second = make_recipe(), make_recipe()
    one, other = StyleView(0, 0), StyleView(4, 0)
    _ = second._targets.styles([other])
    both, again = first._targets.styles([one, other]), second._targets.styles([one, other])
    alone = second._targets.styles([one])
    for layer, found in both.full.items():
        assert torch.equal(found.gram[0], alone.full[layer].gram[0])
        assert torch.equal(found.gram, again.full[layer].gram)


def test_kept_views_of_photos_give_the_terms_that_they_gave_at_first(make_recipe):
    recipe = make_recipe(content_views=1, small_fraction=0.0)
    batch = recipe.batch(0, 1.0)
    assert all(view is not None for view, same in zip(batch.views, batch.identity, strict=True) if not same)
    first = recipe.terms(batch)
    recipe._targets._scales.content_of = None  # not needed again
    assert recipe.terms(batch) == first


def test_preparing_standardises_the_artworks_moments(recipe):
    encoder = recipe.model.encoder
    assert encoder.moments_mean.any()
    assert encoder.moments_std.min() >= 1e-3


def test_recolouring_moves_the_photos_palette_to_the_styles(draw):
    content, style = draw(1, 64, 64), draw(2, 64, 64) // 2
    mean, covariance = color_statistics(style)
    matrix = recolor_matrices(content[None], mean[None], covariance[None])[0]
    recolored = content / 255 @ matrix[:, :3].T + matrix[:, 3]
    np.testing.assert_allclose(recolored.mean((0, 1)), mean, atol=0.02)


def test_a_few_steps_on_one_batch_reduce_the_objective(make_recipe, tmp_path):
    recipe = make_recipe(steps=12, learning_rate=0.03)
    batch = recipe.batch(0, 1.0)
    recipe.batch = lambda *_: batch
    trainer = Trainer(recipe, tmp_path)
    trainer.start()
    objectives = [step.objective for step in trainer.steps()]
    assert min(objectives[-3:]) < 0.8 * objectives[0]


def test_the_preview_shows_photos_across_and_artworks_down(recipe):
    sheet = recipe.preview(recipe.model.state_dict())
    assert (sheet.shape, sheet.dtype) == ((4 * 256, 4 * 256, 3), np.uint8)
    assert (sheet[:256, :256] == 255).all()
    np.testing.assert_array_equal(sheet[256:512, :256], recipe._batches.style_pixels(StyleView(0, 0)))
    # The untrained painter returns about the low frequencies, so a pastiche has its photo's brightness.
    assert abs(sheet[256:512, 256:512].mean() - sheet[256:512, :256].mean()) < 40


def test_steadiness_is_asked_for_by_its_weight_and_nought_where_nothing_moves(make_recipe):
    recipe = make_recipe(temporal_weight=10.0)
    still = batch_of(recipe, identity=False)
    moving = replace(still, motions=random_motions(1, 64, np.random.default_rng(0)))
    assert list(recipe.terms(still)) == list(recipe.weights) == [*NAMES, "temporal"]
    assert recipe.terms(still)["temporal"] < 1e-6
    assert recipe.terms(moving)["temporal"] > 1e-5
