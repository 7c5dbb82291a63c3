"""The field's losses, as pure functions: formula, source, and nothing about weights.

Features are ``b c h w`` with float32 or bfloat16 elements; every loss is a float32 tensor of shape ``b`` (one value a
picture), so that a recipe may weigh pictures as well as terms. float64 stays float64, for checks of gradients.
"""

from __future__ import annotations

from impasto.losses.content import content_loss, gatys_content_loss, instance_normalised_content_loss
from impasto.losses.detail import detail, detail_loss
from impasto.losses.distances import moment_distance
from impasto.losses.distribution import (
    coral_loss,
    gaussian_mmd_loss,
    linear_mmd_loss,
    polynomial_mmd_loss,
    wasserstein_loss,
)
from impasto.losses.flow import coherence, flow, flow_loss
from impasto.losses.identity import identity_feature_loss, identity_loss
from impasto.losses.moments import EPSILON, Statistics, statistics
from impasto.losses.patches import patch_loss
from impasto.losses.pictures import (
    grid_penalty,
    isotropic_total_variation,
    range_penalty,
    structural_dissimilarity,
    total_variation,
)
from impasto.losses.sorting import histogram_loss, sliced_wasserstein_loss
from impasto.losses.stains import colorfulness, fading_loss, stain_loss
from impasto.losses.style import element_gram_loss, gatys_gram_loss, moment_loss, relative_gram_loss

__all__ = [
    "EPSILON",
    "Statistics",
    "coherence",
    "colorfulness",
    "content_loss",
    "coral_loss",
    "detail",
    "detail_loss",
    "element_gram_loss",
    "fading_loss",
    "flow",
    "flow_loss",
    "gatys_content_loss",
    "gatys_gram_loss",
    "gaussian_mmd_loss",
    "grid_penalty",
    "histogram_loss",
    "identity_feature_loss",
    "identity_loss",
    "instance_normalised_content_loss",
    "isotropic_total_variation",
    "linear_mmd_loss",
    "moment_distance",
    "moment_loss",
    "patch_loss",
    "polynomial_mmd_loss",
    "range_penalty",
    "relative_gram_loss",
    "sliced_wasserstein_loss",
    "stain_loss",
    "statistics",
    "structural_dissimilarity",
    "total_variation",
    "wasserstein_loss",
]
