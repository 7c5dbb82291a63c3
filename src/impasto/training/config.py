"""What a training run needs to be repeated: one frozen dataclass, stored in every checkpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from impasto.errors import UsageError


@dataclass(frozen=True)
class DefaultTrainOptions:
    """Options of ``impasto train default``. Every field's ``help`` is the CLI's."""

    content: str = field(metadata={"help": "Folder of photos, searched recursively."})
    style: str = field(metadata={"help": "Folder of artworks, searched recursively."})
    steps: int = field(default=20_000, metadata={"help": "Training steps; the learning rate falls to 0 over them."})
    batch: int = field(default=4, metadata={"help": "Pictures a step at the full crop; twice as many while crops are smaller."})
    crop: int = field(default=256, metadata={"help": "Side of the training crops, in pixels; a multiple of 32."})
    small_crop: int = field(default=128, metadata={"help": "Side of the crops in the first part of training, in pixels."})
    small_fraction: float = field(default=0.4, metadata={"help": "Part of the steps that use small crops."})
    learning_rate: float = field(default=1e-3, metadata={"help": "Adam's learning rate after the warm-up."})
    content_weight: float = field(default=1.0, metadata={"help": "Weight of the content loss at relu4_1."})
    style_weight: float = field(default=3.0, metadata={"help": "Weight of the mean and standard deviation loss, relu1_1 to relu4_1."})
    gram_weight: float = field(default=1.0, metadata={"help": "Weight of the relative Gram loss, relu1_1 to relu5_1."})
    ssim_weight: float = field(default=2.0, metadata={"help": "Weight of 1 - SSIM against the photo."})
    tv_weight: float = field(default=0.1, metadata={"help": "Weight of total variation."})
    range_weight: float = field(default=10.0, metadata={"help": "Weight of the penalty on values outside [0, 1]."})
    identity_weight: float = field(default=20.0, metadata={"help": "Weight of the squared pixel difference where photo and style are one picture."})
    identity_fraction: float = field(default=0.12, metadata={"help": "Part of the pairs in which photo and style are one picture."})
    photo_style_fraction: float = field(default=0.04, metadata={"help": "Part of the pairs whose style is another photo."})
    style_views: int = field(default=2, metadata={"help": "Crops of each style whose targets are kept in memory (1.3 MB each)."})
    code_size: int = field(default=128, metadata={"help": "Numbers in a style code."})
    width: int = field(default=64, metadata={"help": "Feature maps at a quarter of the resolution."})
    bottleneck: int = field(default=128, metadata={"help": "Feature maps at an eighth of the resolution."})
    blocks: int = field(default=5, metadata={"help": "Residual blocks."})
    clip: float = field(default=5.0, metadata={"help": "Largest norm of the gradient over all parameters."})
    ema: float = field(default=0.999, metadata={"help": "Decay of the weights' exponential moving average, which is what ships."})
    seed: int = field(default=0, metadata={"help": "Seed of the weights and of every batch."})

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "crop", "small_crop", "style_views", "code_size", "width", "bottleneck"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}: expected at least 1")
        for name in ("crop", "small_crop"):
            if getattr(self, name) % 32:
                raise UsageError(f"{name} is {getattr(self, name)}: expected a multiple of 32")
        for name in ("small_fraction", "identity_fraction", "photo_style_fraction", "ema"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}: expected a number from 0 to 1")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DefaultTrainOptions:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})
