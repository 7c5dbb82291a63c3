"""Photos to practise a style on where the user has none to give: a few that a package ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.image.resize import fit_size, resize
from impasto.training.data import KEPT_SIDE, PictureFolder

__all__ = ["practice_photos"]

SHIPPED = ("astronaut", "cat", "coffee", "rocket", "hubble_deep_field")


def practice_photos(folder: Path | None = None) -> list[NDArray[np.uint8]]:
    """The photos of a folder, or six that scikit-image ships; uint8 h×w×3, short side ≤ 512 px.

    Six photos teach a style as well as seven hundred do (docs/learn.md), so nobody needs to bring any.

    Raises:
        TrainingError: the folder holds no usable picture.
    """
    if folder is not None:
        return PictureFolder.load(folder).pictures
    from skimage import data

    shipped = [getattr(data, name)()[..., :3] for name in SHIPPED]
    pair = data.stereo_motorcycle()
    return [_small(np.ascontiguousarray(picture)) for picture in (*shipped, pair[0])]


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if min(picture.shape[:2]) <= KEPT_SIDE:
        return picture
    return resize(picture, *fit_size(picture.shape[0], picture.shape[1], KEPT_SIDE, "short"))
