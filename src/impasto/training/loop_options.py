"""What every recipe can be told about the loop itself: how long, how fast, how carefully. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from impasto.options import Checked, option

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["DECAYS", "DEVICES", "OPTIMISERS", "PRECISIONS", "LoopOptions"]

OPTIMISERS = ("adam", "adamw", "sgd")
DECAYS = ("cosine", "inverse", "constant")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True, kw_only=True)
class LoopOptions(Checked):
    """Base of every recipe's options; they are stored in its checkpoints."""

    steps: int = option("Training steps", 10_000, at_least=1)
    minutes: float | None = option(
        "Train for so long instead, the learning rate falling with time; then a resumed run is no exact repetition",
        None,
        at_least=0.01,
    )
    batch: int = option("Photos a step", 4, at_least=1)
    crop: int = option("Side of the training crops in pixels, a multiple of 32", 256, metavar="PX", at_least=32)
    learning_rate: float = option("Learning rate after the warm-up", 1e-3, at_least=0)
    optimiser: str = option("What turns gradients into steps; sgd has a momentum of 0.9", "adam", choices=OPTIMISERS)
    decay: str = option(
        "How the learning rate falls: cosine to 1 %, inverse as 1/(1 + decay_rate·step), or not at all",
        "cosine",
        choices=DECAYS,
    )
    decay_rate: float = option("Speed of the inverse decay, per step", 5e-5, at_least=0)
    warm_up: int = option("Steps over which the learning rate rises at first", 100, at_least=0)
    clip: float = option("Largest norm of the gradient over all parameters; 0 for any", 5.0, at_least=0)
    clip_each: bool = option("Let --clip hold for each parameter's gradient by itself", False)
    ema: float = option("Decay of the weights' moving average, which is what is exported", 0.999, at_least=0, at_most=1)
    limit: int | None = option("Use only the first N pictures of each folder", None, metavar="N", at_least=1)
    preview_steps: int = option("Steps between previews of fixed pairs; 0 for none", 500, at_least=0)
    validation_steps: int = option("Steps between measurements on the --validation photos", 500, at_least=1)
    patience: int = option(
        "End after so many measurements on the --validation photos without a new best; 0 for never", 0, at_least=0
    )
    seed: int = option("Seed of the weights and of every batch", 0, at_least=0)
    device: str = option("Where to train; auto takes cuda, or else mps, where there is one", "auto", choices=DEVICES)
    precision: str = option(
        "What networks multiply; auto is bfloat16 where the device does that natively", "auto", choices=PRECISIONS
    )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Options from a checkpoint; fields that are unknown here are ignored."""
        known = {one.name for one in fields(cls)}
        found: dict[str, Any] = {
            # A tuple comes back from JSON as a list.
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in known
        }
        return cls(**found)
