"""Transformer layers on token sequences (b n c), of any length."""

from __future__ import annotations

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


class EncoderLayer(nn.Module):
    """Self-attention and a perceptron, each added and then normalised; ``position`` is added to queries and keys."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, dropout)
        self.perceptron = _perceptron(width, hidden, dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, position: Tensor | None = None) -> Tensor:
        placed = x if position is None else x + position
        x = self.norms[0](x + self.dropout(self.attention(placed, placed, x)))
        return self.norms[1](x + self.dropout(self.perceptron(x)))


class DecoderLayer(nn.Module):
    """Two attentions of the content's tokens to the style's, and a perceptron (Deng et al. 2022, figure 4)."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.attentions = nn.ModuleList(Attention(width, heads, dropout) for _ in range(2))
        self.perceptron = _perceptron(width, hidden, dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, style: Tensor, position: Tensor) -> Tensor:
        for attention, norm in zip(self.attentions, self.norms, strict=False):
            x = norm(x + self.dropout(attention(x + position, style, style)))
        return self.norms[2](x + self.dropout(self.perceptron(x)))


def _perceptron(width: int, hidden: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, width))
