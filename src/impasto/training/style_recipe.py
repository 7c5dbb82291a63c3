"""What the recipes of the literature share: their data, their loss network, their previews."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.nn.border import to_border
from impasto.nn.vgg import VGG19
from impasto.training.arithmetic import Arithmetic
from impasto.training.augmentation import Augmentation
from impasto.training.data import PictureFolder, middle
from impasto.training.family_options import FamilyOptions
from impasto.training.pairs import PairBatch, Pairs
from impasto.training.perception import Perception

__all__ = ["StyleRecipe", "pairs_of"]

OptionsT = TypeVar("OptionsT", bound=FamilyOptions)
PREVIEWED = 4
PREVIEW_SIDE = 256


def pairs_of(options: FamilyOptions, content: PictureFolder, style: PictureFolder, *, with_views: bool) -> Pairs:
    """The batches that the options ask for."""
    augmentation = Augmentation(options.scale, options.flip, options.color)
    return Pairs(content, style, options.seed, augmentation, with_views=with_views)


class StyleRecipe(ABC, Generic[OptionsT]):
    """A recipe of the literature; a subclass says how its model paints and what that costs.

    Args:
        make: builds the model; what it draws depends on the options' seed alone.
    """

    name: str
    notes: Mapping[str, Any]

    def __init__(self, options: OptionsT, vgg: VGG19, pairs: Pairs, make: Callable[[], nn.Module]) -> None:
        self.options = options
        self.pairs = pairs
        self.arithmetic = Arithmetic.of(options)
        self.perception = Perception(vgg, self.arithmetic)
        self.notes = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            model = make()
        self.model = self.arithmetic.placed(model)

    @property
    @abstractmethod
    def weights(self) -> Mapping[str, float]:
        """The weight of each named loss term."""

    @abstractmethod
    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        """The named loss terms, one value a picture."""

    @abstractmethod
    def paint(self, model: Any, content: Tensor, style: Tensor, index: int) -> Tensor:
        """Paint a photo (1 3 h w) in a style (1 3 h w), which is the artwork of that index."""

    def prepare(self) -> None:
        """Nothing, unless a subclass measures something."""

    def batch(self, step: int, progress: float) -> PairBatch:  # noqa: ARG002 - the protocol's
        """The pairs of a step."""
        return self.pairs.draw(step, self.options.batch, self.options.crop)

    def terms(self, batch: PairBatch) -> dict[str, Tensor]:
        """Every named loss term of a batch, the mean over its pictures, before weights."""
        return {name: term.mean() for name, term in self.losses(batch).items()}

    def model_with(self, weights: Mapping[str, Tensor]) -> nn.Module:
        """A copy of the model with these weights, ready to paint."""
        model = copy.deepcopy(self.model)
        model.load_state_dict(weights)
        return model.eval()

    @torch.no_grad()
    def preview(self, weights: Mapping[str, Tensor]) -> NDArray[np.uint8]:
        """A contact sheet painted with the given weights, uint8 h×w×3: photos across, artworks down."""
        model, pictures = self.model_with(weights), self.arithmetic.pictures
        photos = [middle(pixels, PREVIEW_SIDE) for pixels in self.pairs.content.pictures[:PREVIEWED]]
        artworks = [middle(pixels, PREVIEW_SIDE) for pixels in self.pairs.style.pictures[:PREVIEWED]]
        rows = [np.concatenate([np.full_like(photos[0], 255), *photos], axis=1)]
        for index, artwork in enumerate(artworks):
            style = pictures(artwork[None])
            painted = [to_border(self.paint(model, pictures(photo[None]), style, index)) for photo in photos]
            rows.append(np.concatenate([artwork, *(np.asarray(one[0].cpu()) for one in painted)], axis=1))
        return np.concatenate(rows)
