"""EfficientNet-Lite0 as a loss network: light, and not a VGG, to show that the choice is free.

Source: Tan & Le, "EfficientNet", ICML 2019, section 4; Lite is Google's variant for phones (TensorFlow TPU models,
2020): ReLU6 for Swish, no squeeze-and-excitation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import UnknownName
from impasto.nn.smoothing import smooth_activations

__all__ = ["EfficientNetLite0"]

# Kernel, stride, expansion, channels and number of blocks of each stage (Tan & Le, table 1).
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STEM_CHANNELS = 32
# At 1 (one deviation, if normalised) the softmax sharpens these layers more than it smooths them, and colours are lost.
TEMPERATURE = 4.0


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's "SAME" is: the output has ⌈side / stride⌉, an odd pixel goes to the end."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, padding=padding, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride > 1:
            down, right = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:])
            x = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        return super().forward(x)


class Block(nn.Module):
    """An inverted residual: widen, filter each channel, narrow; the input is added where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = SameConv(inputs, inner) if expansion > 1 else None
        self.depthwise = SameConv(inner, inner, kernel, stride, groups=inner)
        self.project = SameConv(inner, outputs)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.is_residual else y


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 without its classifier; batch normalisation is folded into the convolutions.

    Takes pictures of shape ``b 3 h w``, float, sRGB in [0, 1]; its own preprocessing, (255 · picture − 127) / 128, is
    inside. Layers: ``stem`` (after its ReLU6), and ``stage1`` to ``stage7``, each the output of a stage's last block, a
    residual sum that no ReLU follows. Frozen.

    Args:
        smoothing: return :func:`smooth_activations` of each layer, at a temperature of 4.
        normalised: divide each layer by its standard deviation over photographs first (``DEVIATIONS``).
    """

    title = "EfficientNet-Lite0"
    layers = ("stem", *(f"stage{number}" for number in range(1, len(STAGES) + 1)))
    # Their receptive fields (3, 7, 19, 67 and 147 px) are near those of VGG-19's relu1_1 ... relu5_1.
    content_layers = ("stage3",)
    style_layers = ("stem", "stage1", "stage2", "stage3", "stage4")

    DEVIATIONS = (1.71, 5.92, 8.06, 7.17, 6.52, 6.12, 6.75, 2.83)
    """Of each layer, over four photographs of scikit-image (a 224² corner of astronaut, coffee, chelsea and rocket)."""

    def __init__(self, *, smoothing: bool = True, normalised: bool = True) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.normalised = normalised
        self.stem = SameConv(3, STEM_CHANNELS, 3, stride=2)
        self.stages = nn.ModuleList()
        inputs = STEM_CHANNELS
        for kernel, stride, expansion, channels, blocks in STAGES:
            stage = nn.Sequential()
            for index in range(blocks):
                stage.append(Block(inputs, channels, kernel, stride if index == 0 else 1, expansion))
                inputs = channels
            self.stages.append(stage)
        self.requires_grad_(False)

    def forward(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features of the named layers, in the network's order; computes no deeper than the deepest of them.

        Raises:
            UnknownName: the network has no such layer.
        """
        return dict(self.walk(pictures, layers))

    def walk(self, pictures: Tensor, layers: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
        """The same, one after the other: each layer's name and features before the next layer is computed."""
        last = max((self._index(layer) for layer in layers), default=-1)
        x = (pictures * 255 - 127) / 128
        for layer, deviation, index in zip(self.layers, self.DEVIATIONS, range(last + 1), strict=False):
            x = self.stages[index - 1](x) if index else F.relu6(self.stem(x))
            if layer in layers:
                found = x / deviation if self.normalised else x
                yield layer, smooth_activations(found, TEMPERATURE) if self.smoothing else found

    def channels_of(self, layer: str) -> int:
        """Number of feature maps of a layer."""
        return (STEM_CHANNELS, *(stage[3] for stage in STAGES))[self._index(layer)]

    def stride_of(self, layer: str) -> int:
        """Pixels of the picture between two neighbouring features of a layer."""
        return self._geometry(layer)[0]

    def receptive_field_of(self, layer: str) -> int:
        """Side, in pixels, of the square of the picture that one feature of a layer depends on.

        Smoothing's divisor, one number for the whole picture, is left aside.
        """
        return self._geometry(layer)[1]

    def convolutions(self) -> list[SameConv]:
        """All convolutions, in the order in which a picture passes them."""
        return [module for module in self.modules() if isinstance(module, SameConv)]

    def _geometry(self, layer: str) -> tuple[int, int]:
        """Stride and receptive field of a layer."""
        field, stride = 3, 2
        for kernel, first_stride, _, _, blocks in STAGES[: self._index(layer)]:
            for index in range(blocks):
                field += (kernel - 1) * stride
                stride *= first_stride if index == 0 else 1
        return stride, field

    def _index(self, layer: str) -> int:
        if layer not in self.layers:
            raise UnknownName(f"layer of {self.title}", layer, self.layers)
        return self.layers.index(layer)
