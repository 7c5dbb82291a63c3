"""Low-rank additions to convolutions, which learn one style on top of a network that stays as it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

__all__ = ["LowRank", "add_low_rank"]


class LowRank(nn.Module):
    """W ↦ W + left·right for a convolution's weight W (o i 3 3), seen as a matrix of 3·o rows and 3·i columns.

    After Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1: ``left`` starts at 0, so
    that nothing changes at first, and ``right`` at random. We depart in the shape of the matrix: o rows and 9·i columns
    would take nearly twice as many numbers a rank. With 3·o and 3·i, ``W[a, b, y, x] += Σ_k left[a·3 + y, k] ·
    right[k, b·3 + x]``: every rank is a sum of vertical times horizontal filters.
    """

    def __init__(self, weight: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        outputs, inputs, height, width = weight.shape
        self.shape = weight.shape
        self.left = nn.Parameter(torch.zeros(outputs * height, rank))
        columns = inputs * width
        self.right = nn.Parameter(torch.randn(rank, columns, generator=generator) / math.sqrt(columns))

    def addition(self) -> Tensor:
        """What is added, of the weight's shape."""
        outputs, inputs, height, width = self.shape
        return (self.left @ self.right).view(outputs, height, inputs, width).permute(0, 2, 1, 3)

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.addition()


def add_low_rank(network: nn.Module, rank: int, generator: torch.Generator) -> dict[str, LowRank]:
    """Give every convolution of a network a :class:`LowRank` of at most the rank; returns them by the weights' names.

    The rank is lower where the matrix has fewer rows or columns than twice the rank.
    """
    found = {}
    convolutions = [(name, one) for name, one in network.named_modules() if isinstance(one, nn.Conv2d)]
    for name, convolution in convolutions:
        outputs, inputs, height, width = convolution.weight.shape
        small = max(1, min(rank, outputs * height // 2, inputs * width // 2))
        found[f"{name}.weight"] = LowRank(convolution.weight, small, generator)
        parametrize.register_parametrization(convolution, "weight", found[f"{name}.weight"])
    return found
