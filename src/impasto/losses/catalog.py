"""The losses of content and style by name, in one form, for whoever lets people choose among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impasto.losses.content import content_loss, gatys_content_loss, instance_normalised_content_loss
from impasto.losses.distribution import (
    coral_loss,
    gaussian,
    gaussian_mmd_loss,
    kernel_sample,
    linear_mmd_loss,
    polynomial_mmd_loss,
    wasserstein_loss,
)
from impasto.losses.moments import Statistics, statistics
from impasto.losses.patches import SIDE, patch_loss, style_patches
from impasto.losses.pixels import REMEMBERED, draw
from impasto.losses.sorting import histogram_loss, histogram_target, sliced_wasserstein_loss
from impasto.losses.style import element_gram_loss, gatys_gram_loss, moment_loss, relative_gram_loss

Compare = Callable[[Tensor, Any, "torch.Generator | None"], Tensor]


@dataclass(frozen=True)
class StyleLoss:
    """A loss of style of one layer's features, whose sizes may differ from the style's.

    Attributes:
        summary: One line for people who choose.
        source: Paper and equation.
        target: Makes of the style's features (1 c h w) what ``compare`` needs; once, without a gradient.
        compare: Features (b c h w), the target, and the generator of a loss that draws (None: one of seed 0 at every
            call); a float32 tensor of shape b, float64 for float64 features.
        smallest: The smallest side of features that it can compare.
    """

    summary: str
    source: str
    target: Callable[[Tensor], Any]
    compare: Compare
    smallest: int = 1


def _of_statistics(loss: Callable[[Statistics, Any], Tensor]) -> Compare:
    return lambda features, target, _: loss(statistics(features), target)


_without_gradient = torch.no_grad()
_statistics = _without_gradient(statistics)

STYLE_LOSSES: dict[str, StyleLoss] = {
    "gram": StyleLoss(
        "Gram matrices, relative to the style's, so that no layer and no violent style rules",
        "Gatys et al. 2016, eq. 4–5, relative",
        _statistics,
        _of_statistics(relative_gram_loss),
    ),
    "gatys": StyleLoss(
        "Gram matrices as Gatys et al. compare them, 1/(4N²M²)",
        "Gatys et al. 2016, eq. 4",
        _statistics,
        _of_statistics(gatys_gram_loss),
    ),
    "gram-element": StyleLoss(
        "Gram matrices divided by their elements c·h·w",
        "Johnson et al. 2016, eq. 3–4, as a mean",
        _statistics,
        _of_statistics(element_gram_loss),
    ),
    "moments": StyleLoss(
        "means and standard deviations of channels",
        "Huang & Belongie 2017, eq. 13",
        _statistics,
        _of_statistics(moment_loss),
    ),
    "w2": StyleLoss(
        "Wasserstein distance of normal distributions: means and covariances",
        "Dowson & Landau 1982; Vacher et al. 2020",
        _without_gradient(lambda style: gaussian(statistics(style))),
        _of_statistics(wasserstein_loss),
    ),
    "coral": StyleLoss(
        "covariances of channels, without means",
        "Sun & Saenko 2016, eq. 1",
        _statistics,
        _of_statistics(coral_loss),
    ),
    "mmd-linear": StyleLoss(
        "means of channels: mean discrepancy under a linear kernel",
        "Li et al. 2017, section 4",
        _statistics,
        _of_statistics(linear_mmd_loss),
    ),
    "mmd-polynomial": StyleLoss(
        "Gram matrices and means: mean discrepancy under a quadratic kernel",
        "Li et al. 2017, section 4",
        _statistics,
        _of_statistics(polynomial_mmd_loss),
    ),
    "mmd-gaussian": StyleLoss(
        "mean discrepancy under a Gaussian kernel, of at most 2048 pixels drawn at every step",
        "Li et al. 2017, section 4",
        _without_gradient(kernel_sample),
        gaussian_mmd_loss,
    ),
    "histogram": StyleLoss(
        "every channel's histogram",
        "Risser et al. 2017, histogram loss",
        _without_gradient(histogram_target),
        lambda features, target, _: histogram_loss(features, target),
    ),
    "mrf": StyleLoss(
        "3×3 patches against the style's most similar ones, of at most 2048 drawn at every step",
        "Li & Wand 2016, eq. 2–3",
        _without_gradient(style_patches),
        patch_loss,
        SIDE,
    ),
    "swd": StyleLoss(
        "sliced Wasserstein distance: histograms along directions drawn at every step",
        "Heitz et al. 2021, section 3",
        _without_gradient(lambda style: draw(style, REMEMBERED)),
        sliced_wasserstein_loss,
    ),
}

CONTENT_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gatys": gatys_content_loss,
    "johnson": content_loss,
    "instance-norm": instance_normalised_content_loss,
}
