"""The field's losses, as pure functions: formula, source, and nothing about weights.

Features are ``b c h w`` with float32 or bfloat16 elements; every loss is a float32 tensor of shape ``b`` (one value a
picture), so that a recipe may weigh pictures as well as terms. float64 stays float64, for checks of gradients.
"""

from __future__ import annotations

from impasto.losses.content import content_loss
from impasto.losses.moments import EPSILON, Statistics, statistics
from impasto.losses.pictures import range_penalty, structural_dissimilarity, total_variation
from impasto.losses.style import moment_loss, relative_gram_loss

__all__ = [
    "EPSILON",
    "Statistics",
    "content_loss",
    "moment_loss",
    "range_penalty",
    "relative_gram_loss",
    "statistics",
    "structural_dissimilarity",
    "total_variation",
]
