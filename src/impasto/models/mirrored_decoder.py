"""From VGG-19's features at an eighth of the resolution back to a picture: VGG mirrored, pooling become enlarging.

Source: Huang & Belongie, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", ICCV 2017,
section 6; StyTr² ends in the same decoder.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.nn.winograd import Conv3x3

__all__ = ["STAGES", "MirroredDecoder"]

STAGES = ("relu3_1", "relu2_1", "relu1_1")
"""What the maps mirror after each enlarging."""
DRAWN = 0.1  # so that the untrained output stays about in [0, 1]


class MirroredDecoder(nn.Module):
    """Features (b inputs h/8 w/8) → picture, b 3 h w; linear, for the border of the system to cut off.

    Nothing is normalised (the paper's section 7.1), borders are reflected, enlarging repeats pixels.

    Args:
        inputs: feature maps that come in, 512 of relu4_1.
        width: feature maps at full resolution; 64 mirrors VGG-19.
    """

    def __init__(self, inputs: int = 512, width: int = 64) -> None:
        super().__init__()
        w = width
        sizes = ((inputs, 4 * w), (4 * w, 4 * w, 4 * w, 4 * w, 2 * w), (2 * w, 2 * w, w), (w, w, 3))
        self.stages = nn.ModuleList(nn.ModuleList(_conv(*pair) for pair in pairwise(stage)) for stage in sizes)
        with torch.no_grad():
            self.stages[-1][-1].weight.mul_(DRAWN)  # type: ignore[index]

    def forward(self, features: Tensor, restyle: Callable[[str, Tensor], Tensor] | None = None) -> Tensor:
        """``restyle`` is given each stage's name and enlarged maps, and returns what to go on with."""
        x = features
        last = self.stages[-1][-1]  # type: ignore[index]  # torch types a ModuleList's items as modules
        for number, stage in enumerate(self.stages):
            if number:
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
                if restyle is not None:
                    x = restyle(STAGES[number - 1], x)
            for conv in stage:  # type: ignore[attr-defined]
                x = conv(x) if conv is last else F.relu(conv(x))
        return x + 0.5


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    conv = Conv3x3(inputs, outputs, padding=1, padding_mode="reflect")
    # torch's own start lets features fade layer by layer (He et al. 2015), as nothing here is normalised.
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv
