"""Losses of style that compare statistics: Gram matrices, means and deviations."""

from __future__ import annotations

from torch import Tensor

from impasto.losses.moments import Statistics


def moment_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean_c (μ − μ')² + mean_c (σ − σ')² (Huang & Belongie 2017, eq. 13, per element instead of an Euclidean norm)."""
    return (features.mean - target.mean).square().mean(1) + (features.std - target.std).square().mean(1)


def relative_gram_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean (G − G')² / mean G'²: Gatys et al. 2016, eq. 4–5, relative, so that no layer and no violent style rules."""
    return (features.gram - target.gram).square().mean((1, 2)) / target.gram.square().mean((1, 2))
