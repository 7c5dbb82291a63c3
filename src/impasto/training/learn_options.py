"""What ``impasto learn`` can be told. Read without torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from impasto.errors import UsageError
from impasto.options import Checked, option
from impasto.training.loop_options import DEVICES, PRECISIONS

__all__ = ["LearnOptions"]


@dataclass(frozen=True, kw_only=True)
class LearnOptions(Checked):
    """How one style is learnt; the defaults are those of the presets that ship."""

    steps: int = option("Training steps; the learning rate falls over them", 240, at_least=1)
    minutes: float | None = option(
        "Learn for so long instead, the learning rate falling with time; a resumed run is then no exact repetition",
        None,
        at_least=0.01,
    )
    style_size: int = option(
        "Short side at which the artwork is looked at, in pixels: larger gives larger strokes",
        512,
        metavar="PX",
        at_least=128,
        at_most=2048,
    )
    rank: int = option(
        "Rank of what is added to each convolution: size of the file, and how much can change",
        16,
        at_least=1,
        at_most=64,
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
    grid_weight: float = option("Weight of the penalty on what repeats every 4 pixels", 2000.0, at_least=0)
    batch: int = option("Crops of photos a step", 1, at_least=1)
    crop: int = option("Side of these crops in pixels, a multiple of 64", 256, metavar="PX", at_least=64)
    practice: int = option("How many crops are practised on", 48, at_least=1)
    learning_rate: float = option("Adam's learning rate after the warm-up", 3e-3, at_least=0)
    warm_up: int = option("Steps over which the learning rate rises at first", 15, at_least=0)
    clip: float = option("Largest norm of the gradient", 5.0, at_least=0)
    ema: float = option("Decay of the moving average, which is what is kept", 0.98, at_least=0, at_most=1)
    seed: int = option("Seed of the crops and of what is drawn", 0, at_least=0)
    device: str = option("Where to learn; auto takes cuda, or else mps, where there is one", "auto", choices=DEVICES)
    precision: str = option(
        "What networks multiply; auto is bfloat16 where the device does that natively", "auto", choices=PRECISIONS
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.crop % 64:
            raise UsageError(f"crop is {self.crop}, expected a multiple of 64")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
