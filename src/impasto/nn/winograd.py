"""3×3 convolutions in float32 by Winograd's minimal filtering: a quarter of the multiplications.

Four by four results are computed from six by six values at once. With ⊙ an elementwise product, d the values and g the
kernel: ``Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A``, 36 multiplications instead of 144. Summed over input channels, the products
are 36 matrix products, and so are the transformations here, with the Kronecker squares of Bᵀ, G and Aᵀ.

Source: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, F(4×4, 3×3), section 4.3. What it
gains: benchmarks/winograd.py.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.weak import WeakTensorKeyDictionary

__all__ = ["Conv3x3", "convolve", "worthwhile"]

TILE, STEP = 6, 4
FEWEST_CHANNELS = 64
FEWEST_PRODUCTS = 64 * 128
"""Of input and output channels: with fewer, transforming costs what multiplying saves."""
FEWEST_TILES = 32
TILES_AT_ONCE = 256
"""Then what is between the transformations stays in the processor's cache."""


def _square(rows: list[list[float]]) -> Tensor:
    matrix = torch.tensor(rows, dtype=torch.float64)
    return torch.kron(matrix, matrix).float()


INPUT = _square(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
KERNEL = _square(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
OUTPUT = _square([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])

_frozen = WeakTensorKeyDictionary()
"""Transformed kernels of weights that are not trained, each with the version of the weights it was made of."""


class Conv3x3(nn.Conv2d):
    """A 3×3 convolution that takes the quicker way where there is one; otherwise torch's own."""

    def __init__(self, inputs: int, outputs: int, **options: Any) -> None:
        super().__init__(inputs, outputs, 3, **options)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # noqa: A002 - torch's name
        if self.stride != (1, 1) or not worthwhile(input, weight):
            return super()._conv_forward(input, weight, bias)
        assert isinstance(self.padding, tuple)
        if self.padding_mode == "zeros":
            return convolve(input, weight, bias, self.padding[0])
        one = self.padding[0]
        return convolve(F.pad(input, (one, one, one, one), mode=self.padding_mode), weight, bias, 0)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None, padding: int = 1) -> Tensor:
    """``F.conv2d(x, weight, bias, padding=padding)`` for 3×3 kernels in float32, up to about 1e-5 of the result.

    Args:
        x: b c h w; channels last is quickest.
        weight: n c 3 3.
        bias: n.
        padding: rows and columns of zeros on each side.

    Returns:
        b n h+2p−2 w+2p−2, channels last.
    """
    result: Tensor = _Winograd.apply(x, weight, bias, padding)  # type: ignore[no-untyped-call]
    return result


def worthwhile(x: Tensor, weight: Tensor) -> bool:
    """Whether :func:`convolve` can take it and is quicker than torch."""
    outputs, inputs = weight.shape[:2]
    return (
        x.dtype == weight.dtype == torch.float32
        and x.device.type == "cpu"
        and min(inputs, outputs) >= FEWEST_CHANNELS
        and inputs * outputs >= FEWEST_PRODUCTS
        and x.dim() == 4
        and x.shape[0] * (x.shape[2] // STEP) * (x.shape[3] // STEP) >= FEWEST_TILES
        and not torch.is_autocast_enabled("cpu")
        and not torch.onnx.is_in_onnx_export()
    )


class _Winograd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, padding: int) -> Tensor:
        ctx.padding = padding
        ctx.save_for_backward(x if weight.requires_grad else None, weight)
        return _correlate(x, _transformed(weight, flipped=False), bias, padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        of_x = of_weight = of_bias = None
        if ctx.needs_input_grad[0]:
            of_x = _correlate(gradient, _transformed(weight, flipped=True), None, 2 - ctx.padding)
        if ctx.needs_input_grad[1]:
            of_weight = _weight_gradient(x, gradient, ctx.padding)
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum((0, 2, 3))
        return of_x, of_weight, of_bias, None


def _correlate(x: Tensor, kernel: Tensor, bias: Tensor | None, padding: int) -> Tensor:
    values = _tiles(x, padding)
    rows, columns = values.shape[3:5]
    outputs = kernel.shape[2]
    result = x.new_empty(x.shape[0], STEP * rows, STEP * columns, outputs)
    places = _cells(result)
    for part in _parts(values):
        products = torch.bmm(_seen(values[part]), kernel).view(TILE**2, -1)
        places[part].copy_((OUTPUT @ products).view(places[part].shape))
    if bias is not None:
        result += bias
    height, width = (side + 2 * padding - 2 for side in x.shape[2:])
    return result[:, :height, :width].permute(0, 3, 1, 2)


def _weight_gradient(x: Tensor, gradient: Tensor, padding: int) -> Tensor:
    values = _tiles(x, padding)
    rows, columns = values.shape[3:5]
    channels_last = gradient.permute(0, 2, 3, 1)
    missing = STEP * rows - gradient.shape[2], STEP * columns - gradient.shape[3]
    padded = F.pad(channels_last, (0, 0, 0, missing[1], 0, missing[0]))
    places = _cells(padded)
    total = x.new_zeros(TILE**2, x.shape[1], gradient.shape[1])
    for part in _parts(values):
        wanted = (OUTPUT.T @ places[part].reshape(STEP**2, -1)).view(TILE**2, -1, gradient.shape[1])
        total.baddbmm_(_seen(values[part]).transpose(1, 2), wanted)
    return (KERNEL.T @ total.view(TILE**2, -1)).view(3, 3, x.shape[1], gradient.shape[1]).permute(3, 2, 0, 1)


def _tiles(x: Tensor, padding: int) -> Tensor:
    """A view of 6×6 values every 4 pixels, 6 6 b rows columns c, of x (b c h w) with zeros around it."""
    height, width = (side + 2 * padding - 2 for side in x.shape[2:])
    below, right = -height % STEP + padding, -width % STEP + padding
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, padding, right, padding, below))
    return padded.unfold(1, TILE, STEP).unfold(2, TILE, STEP).permute(4, 5, 0, 1, 2, 3)


def _seen(tiles: Tensor) -> Tensor:
    """Tiles (6 6 b rows columns c) in the transformed space, 36 tiles c."""
    return (INPUT @ tiles.reshape(TILE**2, -1)).view(TILE**2, -1, tiles.shape[-1])


def _cells(pixels: Tensor) -> Tensor:
    """A view of the 4×4 results of every tile, 4 4 b rows columns n, of b 4·rows 4·columns n."""
    return pixels.unflatten(1, (-1, STEP)).unflatten(3, (-1, STEP)).permute(2, 4, 0, 1, 3, 5)


def _parts(values: Tensor) -> list[tuple[slice, ...]]:
    """Indices that cut the tiles (6 6 b rows columns c) into pieces of about ``TILES_AT_ONCE``."""
    pictures, rows, columns = values.shape[2:5]
    some_rows = min(rows, max(1, TILES_AT_ONCE // columns))
    some = max(1, TILES_AT_ONCE // (columns * rows))
    return [
        (slice(None), slice(None), slice(first, first + some), slice(row, row + some_rows))
        for first in range(0, pictures, some)
        for row in range(0, rows, some_rows)
    ]


def _transformed(weight: Tensor, *, flipped: bool) -> Tensor:
    """The kernels in the transformed space, 36 c n; flipped, those of the convolution's gradient, 36 n c."""
    if weight.requires_grad:
        return _transform(weight, flipped=flipped)
    version, kept = _frozen.get(weight, (None, {}))
    if version != weight._version:  # noqa: SLF001 - how autograd itself sees that a tensor was written to
        kept = {}
        _frozen[weight] = weight._version, kept  # noqa: SLF001
    if flipped not in kept:
        kept[flipped] = _transform(weight.detach(), flipped=flipped)
    return kept[flipped]


@torch.no_grad()
def _transform(weight: Tensor, *, flipped: bool) -> Tensor:
    kernels = weight.flip(2, 3).permute(2, 3, 0, 1) if flipped else weight.permute(2, 3, 1, 0)
    return (KERNEL @ kernels.reshape(9, -1)).view(TILE**2, *kernels.shape[2:])
