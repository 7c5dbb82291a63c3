"""Losses of style that compare Gram matrices, or means and deviations.

G = F Fᵀ/(h·w) is a Gram matrix per pixel, so pastiche and style may differ in size.
"""

from __future__ import annotations

from torch import Tensor

from impasto.losses.moments import Statistics


def moment_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean_c (μ − μ')² + mean_c (σ − σ')² (Huang & Belongie 2017, eq. 13, per element instead of an Euclidean norm)."""
    return (features.mean - target.mean).square().mean(1) + (features.std - target.std).square().mean(1)


def relative_gram_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean (G − G')² / mean G'²: Gatys et al. 2016, eq. 4–5, relative, so that no layer and no violent style rules."""
    return (features.gram - target.gram).square().mean((1, 2)) / target.gram.square().mean((1, 2))


def gatys_gram_loss(features: Statistics, target: Statistics) -> Tensor:
    """1/(4N²M²) Σ (F Fᵀ − F' F'ᵀ)², N channels, M pixels (Gatys et al. 2016, eq. 4): ¼ mean (G − G')².

    The paper's style has the pastiche's M; another size is taken as though it had.
    """
    return (features.gram - target.gram).square().mean((1, 2)) / 4


def element_gram_loss(features: Statistics, target: Statistics) -> Tensor:
    """mean (G/c − G'/c)²: F Fᵀ divided by the c·h·w elements of F (Johnson et al. 2016, eq. 3), compared by the mean.

    The paper sums (eq. 4); the mean, usual since, gives a layer of c channels 1/c² of the weight it has in Gatys' form.
    """
    return (features.gram - target.gram).square().mean((1, 2)) / features.gram.shape[1] ** 2
