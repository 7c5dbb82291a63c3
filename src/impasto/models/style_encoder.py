"""The default model's style encoder: VGG moments of a picture, then a perceptron, give its style code.

Moments of VGG features are AdaIN's description of a style (Huang & Belongie 2017). We use them as they are instead of
learning an encoder (Ghiasi et al. 2017): a style never seen in training is described as well as one that was, and
VGG-19 up to relu4_1 with 8-bit codebooks is 3.5 MB.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from impasto.losses import Statistics
from impasto.nn.vgg import channels_of

MOMENT_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
MOMENTS = 2 * sum(channels_of(layer) for layer in MOMENT_LAYERS)


def moments_vector(statistics: Mapping[str, Statistics]) -> Tensor:
    """Means and standard deviations of :data:`MOMENT_LAYERS`, one vector a picture: b 1920."""
    parts = [part for layer in MOMENT_LAYERS for part in (statistics[layer].mean, statistics[layer].std)]
    return torch.cat(parts, dim=1)


class StyleEncoder(nn.Module):
    """Moments (b 1920) → style code (b code_size).

    Moments are standardised by constants measured on the training styles.
    """

    moments_mean: Tensor
    moments_std: Tensor

    def __init__(self, code_size: int, hidden: int = 512) -> None:
        super().__init__()
        self.register_buffer("moments_mean", torch.zeros(MOMENTS))
        self.register_buffer("moments_std", torch.ones(MOMENTS))
        self.layers = nn.Sequential(nn.Linear(MOMENTS, hidden), nn.ReLU(), nn.Linear(hidden, code_size))

    @torch.no_grad()
    def standardise(self, moments: Tensor) -> None:
        """Take the constants from the moments (n 1920) of many styles; a single one leaves the deviation at 1."""
        self.moments_mean.copy_(moments.mean(0))
        if len(moments) > 1:
            self.moments_std.copy_(moments.std(0).clamp_min(1e-3))

    def forward(self, moments: Tensor) -> Tensor:
        code: Tensor = self.layers((moments - self.moments_mean) / self.moments_std)
        return code
