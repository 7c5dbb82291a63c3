"""Which recipe trains which family (:mod:`impasto.training.families`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from impasto.nn.vgg import VGG19
from impasto.training.adain_recipe import AdaINRecipe
from impasto.training.cin_recipe import CinRecipe
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batches, PictureFolder
from impasto.training.default_recipe import DefaultRecipe
from impasto.training.distillation import DistilledRecipe
from impasto.training.families import name_of
from impasto.training.ghiasi_recipe import GhiasiRecipe
from impasto.training.johnson_recipe import JohnsonRecipe
from impasto.training.loop_options import LoopOptions
from impasto.training.recipe import Recipe
from impasto.training.style_recipe import StyleRecipe
from impasto.training.stytr2_recipe import StyTr2Recipe
from impasto.training.validation import Validation

__all__ = ["RECIPES", "build_recipe", "build_validation"]

VALIDATION_STEPS = range(2_520_000_000, 2_520_010_080, 2520)
"""No run has so many steps. Each is a multiple of every interval at which a recipe does something."""


def _default(
    options: DefaultTrainOptions, vgg: VGG19, content: PictureFolder, style: PictureFolder, _notes: Mapping[str, Any]
) -> DefaultRecipe:
    o = options
    batches = Batches(
        content, style, o.seed, o.style_views, o.identity_fraction, o.photo_style_fraction, o.content_views
    )
    return DefaultRecipe(o, vgg, batches) if o.teacher is None else DistilledRecipe(o, vgg, batches)


RECIPES: dict[str, Callable[..., Any]] = {
    "default": _default,
    "johnson": JohnsonRecipe,
    "cin": CinRecipe,
    "adain": AdaINRecipe,
    "ghiasi": GhiasiRecipe,
    "stytr2": StyTr2Recipe,
}


def build_recipe(
    options: LoopOptions, vgg: VGG19, content: PictureFolder, style: PictureFolder, notes: Mapping[str, Any]
) -> Recipe[Any]:
    """The recipe whose options these are.

    Args:
        notes: of the checkpoint that is resumed; empty for a new run.

    Raises:
        TrainingError: the pictures do not suit the family.
    """
    recipe: Recipe[Any] = RECIPES[name_of(options)](options, vgg, content, style, notes)
    return recipe


def build_validation(recipe: Recipe[Any], photos: PictureFolder, style: PictureFolder) -> Validation[Any]:
    """Fixed batches of other photos, painted in the training's styles."""
    o = recipe.options
    if isinstance(recipe, StyleRecipe):
        pairs = replace(recipe.pairs, content=photos, augmentation=replace(recipe.pairs.augmentation, flip=False))
        return Validation([pairs.draw(step, o.batch, o.crop) for step in VALIDATION_STEPS], o.patience)
    # Photos as styles would be looked up among the training's.
    draws = Batches(photos, style, o.seed, 1, 0.0, 0.0)
    return Validation([draws.draw(step, o.batch, o.crop) for step in VALIDATION_STEPS], o.patience)
