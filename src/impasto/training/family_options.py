"""The options of the literature's systems, one dataclass a family; their pages in ``docs/models`` compare the sources.

Read without torch, as the command line makes its flags of them. Catalogued in :mod:`impasto.training.families`.
"""

from __future__ import annotations

from dataclasses import dataclass

from impasto.errors import UsageError
from impasto.options import option
from impasto.training.loop_options import LoopOptions

__all__ = [
    "AdaINOptions",
    "CinOptions",
    "FamilyOptions",
    "GhiasiOptions",
    "JohnsonOptions",
    "StyTr2Options",
    "TransferNetOptions",
]

VGG_LAYERS = tuple(
    f"relu{block}_{conv}" for block, count in enumerate((2, 2, 4, 4, 4), 1) for conv in range(1, count + 1)
)
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
GRAM_LAYERS = (*STYLE_LAYERS, "relu5_1")
UPSAMPLINGS = ("nearest", "transposed")
PADDINGS = ("reflect", "zeros")
OUTPUTS = ("tanh", "sigmoid", "clamp")


@dataclass(frozen=True, kw_only=True)
class FamilyOptions(LoopOptions):
    """What the recipes of the literature have in common beside the loop."""

    scale: float = option(
        "Crops show squares of up to so many times their side, shrunk to it at random; 1 for no change of scale",
        4.0,
        at_least=1,
    )
    flip: bool = option("Mirror half of the crops", True)
    color: float = option(
        "Change brightness, contrast and saturation of the photos at random by up to so much",
        0.0,
        at_least=0,
        at_most=1,
    )
    style_layers: tuple[str, ...] = option(
        "Layer of VGG-19 whose statistics are compared for style; repeat for several", STYLE_LAYERS, choices=VGG_LAYERS
    )
    content_weight: float = option("Weight of the content loss", 1.0, at_least=0)
    tv_weight: float = option("Weight of total variation", 0.0, at_least=0)
    range_weight: float = option("Weight of the penalty on values outside [0, 1]", 10.0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.crop % 32:
            raise UsageError(f"crop is {self.crop}, expected a multiple of 32")
        for name in ("content_layers", "style_layers"):
            if not getattr(self, name, VGG_LAYERS):
                raise UsageError(f"{name} is empty, expected at least one layer of VGG-19, such as relu4_1")


@dataclass(frozen=True, kw_only=True)
class TransferNetOptions(FamilyOptions):
    """What Johnson's network and its descendants can be told."""

    content_layers: tuple[str, ...] = option(
        "Layer of VGG-19 whose features are compared for content; repeat for several",
        ("relu3_1", "relu4_1"),
        choices=VGG_LAYERS,
    )
    content_weight: float = option("Weight of the content loss, at each of its layers", 2.5, at_least=0)
    style_layers: tuple[str, ...] = option(
        "Layer of VGG-19 whose statistics are compared for style; repeat for several", GRAM_LAYERS, choices=VGG_LAYERS
    )
    style_weight: float = option("Weight of the mean and deviation loss", 5.0, at_least=0)
    gram_weight: float = option("Weight of the relative Gram loss", 2.0, at_least=0)
    tv_weight: float = option("Weight of total variation", 0.1, at_least=0)
    width: int = option("Feature maps of the first convolution; twice and four times as many inside", 32, at_least=1)
    blocks: int = option("Residual blocks", 5, at_least=0)
    upsampling: str = option(
        "How the decoder doubles the resolution: nearest and a convolution, or a transposed one",
        "nearest",
        choices=UPSAMPLINGS,
    )
    padding: str = option("What convolutions see beyond the border", "reflect", choices=PADDINGS)
    output: str = option("What bounds the output; clamp is linear and cut off", "tanh", choices=OUTPUTS)


@dataclass(frozen=True, kw_only=True)
class JohnsonOptions(TransferNetOptions):
    """Johnson, Alahi & Fei-Fei 2016: one network, one style."""

    style_size: int = option(
        "Short side in pixels at which the artwork is looked at; at most 512", 512, metavar="PX", at_least=32
    )
    norm: str = option("Normalisation after every convolution", "instance", choices=("instance", "batch"))


@dataclass(frozen=True, kw_only=True)
class CinOptions(TransferNetOptions):
    """Dumoulin, Shlens & Kudlur 2017: one network, N styles that differ in normalisation parameters alone."""

    style_size: int = option(
        "Short side in pixels at which artworks are looked at; at most 512", 512, metavar="PX", at_least=32
    )
    output: str = option("What bounds the output; clamp is linear and cut off", "sigmoid", choices=OUTPUTS)


@dataclass(frozen=True, kw_only=True)
class AdaINOptions(FamilyOptions):
    """Huang & Belongie 2017: statistics of VGG-19's features exchanged, a decoder learnt."""

    steps: int = option("Training steps", 160_000, at_least=1)
    batch: int = option("Pairs a step", 8, at_least=1)
    learning_rate: float = option("Learning rate after the warm-up", 1e-4, at_least=0)
    decay: str = option(
        "How the learning rate falls: cosine to 1 %, inverse as 1/(1 + decay_rate·step), or not at all",
        "inverse",
        choices=("cosine", "inverse", "constant"),
    )
    warm_up: int = option("Steps over which the learning rate rises at first", 0, at_least=0)
    style_weight: float = option("Weight of the mean and deviation loss", 10.0, at_least=0)
    identity_weight: float = option(
        "Weight of the squared pixel difference where photo and style are one picture", 0.0, at_least=0
    )
    identity_feature_weight: float = option("Weight of the same in VGG-19's style layers", 0.0, at_least=0)
    style_distance: str = option(
        "Squared differences of means and deviations, or their root, as the paper's equation has it",
        "squared",
        choices=("squared", "rooted"),
    )
    style_maps: str = option("Differences are averaged over feature maps, or summed", "mean", choices=("mean", "sum"))
    reconstruction_steps: int = option("Steps at first in which the decoder only learns to reconstruct", 0, at_least=0)
    depths: tuple[str, ...] = option(
        "Layer at whose depth the decoder takes the style's statistics; relu4_1 always, repeat for more",
        ("relu4_1",),
        choices=STYLE_LAYERS,
    )
    encoder_norm: str = option(
        "Batch normalisation after every convolution of the encoder, or none", "none", choices=("none", "batch")
    )
    width: int = option("Feature maps of the decoder at full resolution; 64 mirrors VGG-19", 64, at_least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if "relu4_1" not in self.depths:
            raise UsageError(f"depths is {', '.join(self.depths) or 'empty'}, expected relu4_1 among them")
        if len(self.depths) > 1 and self.width != 64:
            raise UsageError(
                f"width is {self.width}, but at several depths the decoder must mirror VGG-19: expected 64"
            )


@dataclass(frozen=True, kw_only=True)
class GhiasiOptions(TransferNetOptions):
    """Ghiasi et al. 2017: a network that predicts the normalisation parameters from the style picture."""

    output: str = option("What bounds the output; clamp is linear and cut off", "sigmoid", choices=OUTPUTS)
    predictor: str = option(
        "The style prediction network: on EfficientNet-Lite0's features, or inverted residuals learnt from scratch",
        "efficientnet",
        choices=("efficientnet", "mobilenet"),
    )
    predictor_width: float = option(
        "Multiplies the feature maps of the mobilenet predictor", 0.5, at_least=0.1, at_most=4
    )
    embedding: int = option("Numbers in a style's embedding, its code", 100, at_least=1)


@dataclass(frozen=True, kw_only=True)
class StyTr2Options(FamilyOptions):
    """Deng et al. 2022: transformers on patches, with a content-aware positional encoding."""

    steps: int = option("Training steps", 160_000, at_least=1)
    learning_rate: float = option("Learning rate after the warm-up", 5e-4, at_least=0)
    decay: str = option(
        "How the learning rate falls: cosine to 1 %, inverse as 1/(1 + decay_rate·step), or not at all",
        "inverse",
        choices=("cosine", "inverse", "constant"),
    )
    warm_up: int = option("Steps over which the learning rate rises at first", 1000, at_least=0)
    clip: float = option("Largest norm of the gradient over all parameters; 0 for any", 1.0, at_least=0)
    content_layers: tuple[str, ...] = option(
        "Layer of VGG-19 whose features are compared for content; repeat for several",
        ("relu4_1", "relu5_1"),
        choices=VGG_LAYERS,
    )
    style_layers: tuple[str, ...] = option(
        "Layer of VGG-19 whose statistics are compared for style; repeat for several", GRAM_LAYERS, choices=VGG_LAYERS
    )
    content_weight: float = option("Weight of the content loss, on instance-normalised features", 7.0, at_least=0)
    style_weight: float = option("Weight of the mean and deviation loss", 10.0, at_least=0)
    identity_weight: float = option(
        "Weight of the squared pixel difference where photo and style are one picture", 70.0, at_least=0
    )
    identity_feature_weight: float = option("Weight of the same in VGG-19's style layers", 1.0, at_least=0)
    reconstruction_steps: int = option(
        "Steps at first in which photos and artworks only learn to be painted in their own style, by pixels",
        0,
        at_least=0,
    )
    identity_every: int = option("Steps between those that pay for identity, which costs half of a step", 1, at_least=1)
    width: int = option("Numbers in a token; 512 in the paper", 128, at_least=8)
    heads: int = option("Attention heads, a divisor of the width; 8 in the paper", 4, at_least=1)
    encoder_layers: int = option("Layers of either transformer encoder; 3 in the paper", 2, at_least=1)
    decoder_layers: int = option("Layers of the transformer decoder; 3 in the paper", 2, at_least=1)
    hidden: int = option("Numbers inside a layer's perceptron; 2048 in the paper", 512, at_least=1)
    decoder_width: int = option(
        "Feature maps of the convolutional decoder at full resolution; 64 in the paper", 32, at_least=1
    )
    norm: str = option(
        "Layers normalise what they look at, before, or their sums, after, as in the paper",
        "before",
        choices=("before", "after"),
    )
    dropout: float = option("Part of the activations dropped in training; 0.1 in the paper", 0.0, at_least=0, at_most=1)
    style_size: int = option(
        "Side in pixels of the square in which a style is seen when it is painted with, a multiple of 32",
        256,
        metavar="PX",
        at_least=32,
        at_most=512,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width % self.heads:
            raise UsageError(f"width is {self.width}, expected a multiple of the {self.heads} heads")
        if self.style_size % 32:
            raise UsageError(f"style_size is {self.style_size}, expected a multiple of 32")
