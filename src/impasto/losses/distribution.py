"""Losses of style that compare distributions of pixels by covariances and kernels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.losses.moments import EPSILON, Statistics
from impasto.losses.pixels import draw

KERNEL_PIXELS = 2048
_NEGLIGIBLE = 1e-6  # of the largest variance
_SMOOTHING = 1e-14


@dataclass(frozen=True)
class Gaussian:
    """A style's pixels as a normal distribution: mean (1 c), total variance (1), R (c r) with R Rᵀ the covariance.

    The last two are float64: a root of a covariance in float32 is off by a thousandth of its largest variance.
    """

    mean: Tensor
    variance: Tensor
    root: Tensor


def gaussian(style: Statistics) -> Gaussian:
    """The normal distribution with one style's mean and covariance, of the directions in which it varies at all."""
    covariance = style.covariance[0].double()
    variances, directions = torch.linalg.eigh(covariance)
    kept = variances > _NEGLIGIBLE * variances[-1]
    root = directions[:, kept] * variances[kept].sqrt()
    return Gaussian(style.mean, covariance.trace().unsqueeze(0), root)


def wasserstein_loss(features: Statistics, target: Gaussian) -> Tensor:
    """W₂² of normal distributions, per channel: (|μ − μ'|² + tr Σ + tr Σ' − 2 tr (Rᵀ Σ R)^½)/c, Σ' = R Rᵀ.

    Dowson & Landau 1982; as a loss of style Vacher et al. 2020. For diagonal covariances it is `moment_loss`. The trace
    needs eigenvalues only, whose gradient divides by no differences of them; √(λ + ε) − √ε keeps it finite at 0.
    """
    covariance = features.covariance.double()
    shared = target.root.mT @ covariance @ target.root
    eigenvalues = torch.linalg.eigvalsh((shared + shared.mT) / 2).clamp_min(0)
    overlap = ((eigenvalues + _SMOOTHING).sqrt() - _SMOOTHING**0.5).sum(1)
    spread = covariance.diagonal(dim1=1, dim2=2).sum(1) + target.variance - 2 * overlap
    return (features.mean - target.mean).square().mean(1) + (spread / covariance.shape[1]).to(features.mean.dtype)


def coral_loss(features: Statistics, target: Statistics) -> Tensor:
    """1/(4c²) Σ (C − C')² of covariances (Sun & Saenko 2016, eq. 1; C divided by h·w instead of h·w − 1)."""
    return (features.covariance - target.covariance).square().mean((1, 2)) / 4


def linear_mmd_loss(features: Statistics, target: Statistics) -> Tensor:
    """Squared maximum mean discrepancy under k(x, y) = xᵀy/c: mean_c (μ − μ')² (Li et al. 2017, section 4)."""
    return (features.mean - target.mean).square().mean(1)


def polynomial_mmd_loss(features: Statistics, target: Statistics) -> Tensor:
    """Squared maximum mean discrepancy under k(x, y) = (xᵀy/c + 1)²: mean (G − G')² + 2 mean_c (μ − μ')².

    Li et al. 2017, section 4, with the constant 1. The kernel sees Gram matrix and mean only: exact, in linear time.
    """
    return (features.gram - target.gram).square().mean((1, 2)) + 2 * linear_mmd_loss(features, target)


@dataclass(frozen=True)
class KernelSample:
    """Pixels of a style less their mean (1 n c), that mean (1 1 c), the kernel's 2σ², and mean k(y, y') (1)."""

    pixels: Tensor
    mean: Tensor
    width: Tensor
    similarity: Tensor


def kernel_sample(style: Tensor) -> KernelSample:
    """At most 2048 pixels of a style's features (1 c h w); σ² is the mean squared distance of two of them."""
    found = draw(style, KERNEL_PIXELS)
    mean = found.mean(1, keepdim=True)
    found = found - mean
    width = 2 * (2 * found.square().sum(2).mean()) + EPSILON
    return KernelSample(found, mean, width, _similarity(found, found, width))


def gaussian_mmd_loss(features: Tensor, target: KernelSample, generator: torch.Generator | None = None) -> Tensor:
    """Squared maximum mean discrepancy under k(x, y) = exp(−|x − y|²/2σ²), of at most 2048 pixels each.

    mean k(x, x') + mean k(y, y') − 2 mean k(x, y) (Li et al. 2017, section 4), over all pairs; the paper takes some.
    """
    found = draw(features, KERNEL_PIXELS, generator) - target.mean
    across = _similarity(found, target.pixels, target.width)
    return _similarity(found, found, target.width) + target.similarity - 2 * across


def _similarity(a: Tensor, b: Tensor, width: Tensor) -> Tensor:
    """The mean of the kernel over all pairs of pixels (b n c) and (b or 1 m c)."""
    scaled = a / width
    of_a, of_b = (scaled * a).sum(2).unsqueeze(2), (b.square().sum(2) / width).unsqueeze(1)
    return (2 * scaled @ b.mT - of_a - of_b).exp().mean((1, 2))
