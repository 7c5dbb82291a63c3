"""What a training run needs to be repeated: one frozen dataclass, stored in every checkpoint and beside every model."""

from __future__ import annotations

from dataclasses import dataclass

from impasto.errors import UsageError
from impasto.options import option
from impasto.training.loop_options import LoopOptions


@dataclass(frozen=True, kw_only=True)
class DefaultTrainOptions(LoopOptions):
    """How the default model is trained; its defaults are those of the model that ships."""

    steps: int = option("Training steps; the learning rate falls over them", 14_000, at_least=1)
    minutes: float | None = option(
        "Train for so long instead, the learning rate falling with time; then a resumed run is no exact repetition",
        None,
        at_least=0.01,
    )
    batch: int = option("Pairs a step at the full crop; twice as many while crops are small", 4, at_least=1)
    crop: int = option("Side of the training crops in pixels, a multiple of 32", 256, metavar="PX", at_least=32)
    small_crop: int = option("Side of the crops at first, a multiple of 32", 128, metavar="PX", at_least=32)
    small_fraction: float = option("Part of the steps that use small crops", 0.33, at_least=0, at_most=1)
    learning_rate: float = option("Adam's learning rate after the warm-up", 1e-3, at_least=0)
    teacher: str | None = option(
        "Copy the pictures of this model, a name or a folder, instead of comparing features: for smaller painters",
        None,
        metavar="MODEL",
    )
    content_weight: float = option("Weight of the content loss (relu4_1 at half size)", 1.0, at_least=0)
    structure_weight: float = option(
        "Weight of the structure loss (normalised relu2_1 and relu3_1): faces, windows", 1.0, at_least=0
    )
    style_weight: float = option("Weight of the mean and deviation loss", 2.5, at_least=0)
    gram_weight: float = option("Weight of the relative Gram loss", 2.5, at_least=0)
    detail_weight: float = option("Weight of the fine detail loss: against flecks and grain", 4.0, at_least=0)
    flow_weight: float = option("Weight of the flow loss: strokes that follow the photo's forms", 8.0, at_least=0)
    stain_weight: float = option("Weight of the stain loss: colours that nothing accounts for", 100.0, at_least=0)
    fading_weight: float = option("Weight of the fading loss: colours as lively as they could be", 4.0, at_least=0)
    ssim_weight: float = option("Weight of 1 - SSIM against the photo", 0.5, at_least=0)
    tv_weight: float = option("Weight of total variation", 0.1, at_least=0)
    range_weight: float = option("Weight of the penalty on values outside [0, 1]", 10.0, at_least=0)
    grid_weight: float = option("Weight of the penalty on what repeats every 4 pixels", 4000.0, at_least=0)
    identity_weight: float = option(
        "Weight of the squared pixel difference where photo and style are one picture", 300.0, at_least=0
    )
    temporal_weight: float = option(
        "Weight of the steadiness loss: a moved photo's pastiche against the moved pastiche; a third more work a step",
        0.0,
        at_least=0,
    )
    identity_fraction: float = option(
        "Part of the pairs in which photo and style are one picture", 0.06, at_least=0, at_most=1
    )
    photo_style_fraction: float = option("Part of the pairs whose style is another photo", 0.04, at_least=0, at_most=1)
    style_views: int = option("Crops of each style whose targets are kept in memory, 2 MB each", 2, at_least=1)
    content_views: int = option(
        "Crops of each photo whose targets are kept in memory, 2.6 MB each, which makes later steps quicker; 0 for new "
        "crops at every step",
        0,
        at_least=0,
    )
    code_size: int = option("Learnt numbers in a style code", 128, at_least=1)
    width: int = option("Feature maps at a quarter of the resolution", 64, at_least=1)
    bottleneck: int = option("Feature maps at an eighth of the resolution", 128, at_least=1)
    blocks: int = option("Residual blocks in the bottleneck", 2, at_least=0)
    quarter_blocks: int = option("Residual blocks at a quarter of the resolution", 2, at_least=0)
    deep: int = option("Residual blocks at a sixteenth of the resolution; a resumed run may grow them", 1, at_least=0)
    grain: int = option("Maps of fixed noise for strokes where photos are flat", 4, at_least=0, at_most=5)
    low_frequency: int = option(
        "Side of the means under which the recoloured photo passes the painter, 4, 8, 16 or 32",
        32,
        at_least=4,
        at_most=32,
    )
    clip: float = option("Largest norm of the gradient over all parameters", 5.0, at_least=0)
    ema: float = option("Decay of the weights' moving average, which is what ships", 0.999, at_least=0, at_most=1)
    seed: int = option("Seed of the weights and of every batch", 0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("crop", "small_crop"):
            if getattr(self, name) % 32:
                raise UsageError(f"{name} is {getattr(self, name)}, expected a multiple of 32")
        if self.low_frequency not in (4, 8, 16, 32):
            raise UsageError(f"low_frequency is {self.low_frequency}, expected 4, 8, 16 or 32")
