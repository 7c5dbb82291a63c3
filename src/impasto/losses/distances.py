"""The distance of feature statistics in the forms in which AdaIN's followers wrote it."""

from __future__ import annotations

from torch import Tensor

from impasto.losses.moments import Statistics

__all__ = ["moment_distance"]

_FLOOR = 1e-12  # keeps the slope of a root finite at 0


def moment_distance(features: Statistics, target: Statistics, *, rooted: bool = False, summed: bool = False) -> Tensor:
    """Distance of means and deviations (Huang & Belongie 2017, eq. 13), shape b.

    Σ over μ and σ of reduce_c (μ − μ')², where reduce is the mean over channels, or their sum if ``summed``; or of its
    square root if ``rooted``, which with the sum is the equation's Euclidean norm. Neither is `moment_loss`, which the
    published code computes.
    """
    differences = [(features.mean - target.mean).square(), (features.std - target.std).square()]
    reduced = [one.sum(1) if summed else one.mean(1) for one in differences]
    if rooted:
        reduced = [(one + _FLOOR).sqrt() for one in reduced]
    return reduced[0] + reduced[1]
