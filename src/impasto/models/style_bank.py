"""One TransferNet for many styles, which differ in the scales and shifts of its normalisations alone.

Source: Dumoulin, Shlens & Kudlur, "A Learned Representation for Artistic Style", ICLR 2017, eq. 5; the network around
it is Johnson's. We depart in the last convolution, which is not normalised.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from impasto.models.transfer_net import TransferNet, TransferNetConfig

__all__ = ["StyleBank", "with_more_styles"]


class StyleBank(nn.Module):
    """``content`` (b 3 h w) and ``shares`` (b n: how much of each style) → pastiche, b 3 h w.

    Shares of one style are 1 and 0; others mix the styles' scales and shifts (section 3.3 of the paper).

    Args:
        styles: how many are to be trained.
        fixed: how many there are already. If there are any, the network is fixed as well, and only the scales and
            shifts of the new ones are trained: how the paper adds a style (section 3.2).
    """

    fixed: Tensor

    def __init__(self, config: TransferNetConfig, styles: int, fixed: int = 0) -> None:
        super().__init__()
        self.net = TransferNet(config)
        self.net.requires_grad_(fixed == 0)
        neutral = self.net.neutral()
        self.register_buffer("fixed", neutral.repeat(fixed, 1))
        self.table = nn.Parameter(neutral.repeat(styles, 1))

    def forward(self, content: Tensor, shares: Tensor) -> Tensor:
        return self.net(content, shares @ torch.cat([self.fixed, self.table]))


def with_more_styles(state: Mapping[str, Tensor], styles: int) -> dict[str, Tensor]:
    """A bank's weights for one whose styles are all fixed and which learns so many more, from their mean on."""
    fixed = torch.cat([state["fixed"], state["table"]])
    return {**state, "fixed": fixed, "table": fixed.mean(0).repeat(styles, 1)}
