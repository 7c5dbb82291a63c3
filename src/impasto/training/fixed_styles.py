"""Styles that a network learns by heart: their names, their colours, and the statistics that it is to reach."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from impasto import losses
from impasto.image.color import color_statistics
from impasto.image.resize import fit_size, resize
from impasto.losses import Statistics
from impasto.training.data import PictureFolder
from impasto.training.perception import Perception

__all__ = ["FixedStyles", "style_names", "style_notes"]


class FixedStyles:
    """Statistics of whole artworks, computed once each.

    Args:
        size: short side in pixels at which they are looked at.
    """

    def __init__(self, perception: Perception, style: PictureFolder, layers: Sequence[str], size: int) -> None:
        self._perception = perception
        self._pictures = style.pictures
        self._layers = layers
        self._size = size
        self._kept: dict[int, dict[str, Statistics]] = {}

    def __getitem__(self, styles: NDArray[np.int64]) -> dict[str, Statistics]:
        """The statistics of several styles, one after the other."""
        kept = [self._get(int(index)) for index in styles]
        return {
            layer: Statistics(
                *(torch.cat([getattr(entry[layer], part) for entry in kept]) for part in ("mean", "std", "gram"))
            )
            for layer in self._layers
        }

    @torch.no_grad()
    def _get(self, index: int) -> dict[str, Statistics]:
        if index not in self._kept:
            pixels = self._pictures[index]
            height, width = fit_size(pixels.shape[0], pixels.shape[1], self._size, "short")
            picture = self._perception.arithmetic.pictures(resize(pixels, height, width)[None])
            features = self._perception.features(picture, self._layers)
            self._kept[index] = {layer: losses.statistics(features[layer]) for layer in self._layers}
        return self._kept[index]


def style_names(style: PictureFolder, taken: Sequence[str] = ()) -> list[str]:
    """What the styles are called: their files' names in lower case with hyphens, each but once."""
    names: list[str] = []
    for file in style.names:
        plain = re.sub(r"[^a-z0-9]+", "-", file.lower()).strip("-") or "style"
        name, number = plain, 1
        while name in names or name in taken:
            number += 1
            name = f"{plain}-{number}"
        names.append(name)
    return names


def style_notes(style: PictureFolder, taken: Sequence[str] = ()) -> dict[str, Any]:
    """What a checkpoint keeps of the styles: their names, and the mean and covariance of each one's colours."""
    colors = [color_statistics(pixels) for pixels in style.pictures]
    numbers = [np.concatenate([mean, covariance.ravel()]).tolist() for mean, covariance in colors]
    return {"styles": style_names(style, taken), "colors": numbers}
