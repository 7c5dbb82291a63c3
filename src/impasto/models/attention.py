"""Transformer layers on token sequences (b n c), of any length."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Attention", "DecoderLayer", "EncoderLayer"]


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017, section 3.2.2)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self._heads = heads
        self._dropout = dropout

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        q, k, v = self._split(self.query(query)), self._split(self.key(key)), self._split(self.value(value))
        found = F.scaled_dot_product_attention(q, k, v, dropout_p=self._dropout if self.training else 0.0)
        return self.out(found.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self._heads, -1)).transpose(1, 2)


class Layer(nn.Module):
    """Sums of tokens and what is found for them, which are normalised either before the finding or after the adding.

    Args:
        norm_first: what is found is found from normalised tokens, and the sums stay as they are (Xiong et al. 2020, "On
            Layer Normalization in the Transformer Architecture"); else the sums are normalised (Vaswani et al. 2017).
    """

    def __init__(self, norms: int, width: int, dropout: float, *, norm_first: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(norms))
        self.dropout = nn.Dropout(dropout)
        self._norm_first = norm_first

    def added(self, x: Tensor, norm: nn.Module, find: Callable[[Tensor], Tensor]) -> Tensor:
        """``x`` and what ``find`` makes of it, with the norm in its place."""
        if self._norm_first:
            return x + self.dropout(find(norm(x)))
        return norm(x + self.dropout(find(x)))


class EncoderLayer(Layer):
    """Self-attention and a perceptron; ``position`` is added to queries and keys."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, *, norm_first: bool) -> None:
        super().__init__(2, width, dropout, norm_first=norm_first)
        self.attention = Attention(width, heads, dropout)
        self.perceptron = _perceptron(width, hidden, dropout)

    def forward(self, x: Tensor, position: Tensor | None = None) -> Tensor:
        def attended(tokens: Tensor) -> Tensor:
            placed = tokens if position is None else tokens + position
            return self.attention(placed, placed, tokens)

        x = self.added(x, self.norms[0], attended)
        return self.added(x, self.norms[1], self.perceptron)


class DecoderLayer(Layer):
    """Two attentions of the content's tokens to the style's, and a perceptron (Deng et al. 2022, figure 4)."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, *, norm_first: bool) -> None:
        super().__init__(3, width, dropout, norm_first=norm_first)
        self.attentions = nn.ModuleList(Attention(width, heads, dropout) for _ in range(2))
        self.perceptron = _perceptron(width, hidden, dropout)

    def forward(self, x: Tensor, style: Tensor, position: Tensor) -> Tensor:
        def attended(attention: nn.Module, tokens: Tensor) -> Tensor:
            return attention(tokens + position, style, style)

        for attention, norm in zip(self.attentions, self.norms, strict=False):
            x = self.added(x, norm, partial(attended, attention))
        return self.added(x, self.norms[2], self.perceptron)


def _perceptron(width: int, hidden: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, width))
