"""A painting that goes on from a pastiche: optimised where that is quick, with the pastiche's own fine detail kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.image.levels import Pixels, quantized
from impasto.image.resize import fit_size, resize
from impasto.nn.loss_networks import LossNetwork
from impasto.optimize.options import OptimizeOptions
from impasto.optimize.painting import Painting, load_network

__all__ = ["Refining", "lay_over"]


class Refining:
    """One pastiche being refined.

    At each of ``options.sizes()`` the pastiche is shrunk and optimised; what has changed is enlarged and added. So
    no detail is lost to the small sizes, and of no step at all comes the pastiche itself.

    >>> refining = Refining(photo, [(artwork, 1.0)], pastiche, OptimizeOptions(size=384, first_size=256, minutes=1))
    >>> for progress in refining.progress():
    ...     print(refining.steps, progress)
    >>> refining.picture

    Args:
        photo: uint8 h×w×3, of any size.
        styles: style pictures, uint8 h×w×3, with their weights.
        before: the pastiche, uint8 h×w×3.
        options: ``size`` may be smaller than the pastiche; of ``minutes`` and ``steps`` every size gets its part.
        share: float32 h×w in [0, 1] of the pastiche's size, how much of what has changed is taken; all unless given.
        network: what :func:`impasto.optimize.painting.load_network` gave for these options.

    Raises:
        ImageError, UsageError, WeightsError: as :class:`Painting`.
    """

    def __init__(
        self,
        photo: Pixels,
        styles: Sequence[tuple[Pixels, float]],
        before: Pixels,
        options: OptimizeOptions,
        *,
        share: NDArray[np.float32] | None = None,
        network: LossNetwork | None = None,
    ) -> None:
        self.steps = 0
        """Steps that have changed the picture."""
        self.size = (0, 0)
        """Height and width that are being optimised."""
        self._photo, self._styles, self._options, self._share = photo, styles, options, share
        self._network = network or load_network(options)
        self._before = before
        self._painting: Painting | None = None

    @property
    def picture(self) -> Pixels:
        """The pastiche as refined so far, of its own size."""
        if self._painting is None:
            return self._before
        small = self._painting.picture
        return lay_over(self._before, resize(self._before, *small.shape[:2]), small, self._share)

    def progress(self) -> Iterator[float]:
        """Refine; tells after every step how much is done, from 0 to 1.

        Raises:
            OptimizeError: as :meth:`Painting.iterates`.
        """
        sizes = self._options.sizes()
        # Minutes as many as it has pixels, about, as Painting shares them; steps evenly.
        areas = [size**2 for size in sizes]
        timed = self._options.minutes is not None
        parts = [area / sum(areas) if timed else 1 / len(sizes) for area in areas]
        for size, part, end in zip(sizes, parts, accumulate(parts), strict=True):
            self._before = self.picture
            self._painting = Painting(
                self._photo, self._styles, self._part(size, part), start=self._before, network=self._network
            )
            height, width = self._photo.shape[:2]
            self.size = fit_size(height, width, size)
            done = self.steps
            for iterate in self._painting.iterates():
                self.steps = done + iterate.step
                yield end - part * (1 - iterate.progress)

    def _part(self, size: int, part: float) -> OptimizeOptions:
        minutes, steps = self._options.minutes, max(1, round(self._options.steps * part))
        minutes = None if minutes is None else max(0.001, minutes * part)
        return replace(self._options, size=size, first_size=size, minutes=minutes, steps=steps)


def lay_over(large: Pixels, small: Pixels, changed: Pixels, share: NDArray[np.float32] | None = None) -> Pixels:
    """What has changed between two small pictures (uint8 h×w×3), enlarged and added to a large one of any size.

    Args:
        share: float32 in [0, 1], as high and wide as ``large``; how much of it is added there.
    """
    height, width = large.shape[:2]
    result = large.astype(np.float32)
    for channel in range(3):
        change = changed[..., channel].astype(np.float32) - small[..., channel]
        enlarged = np.asarray(Image.fromarray(change).resize((width, height), Image.Resampling.BICUBIC))
        result[..., channel] += enlarged if share is None else share * enlarged
    return quantized(result, large.dtype)
