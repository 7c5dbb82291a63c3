"""What a study can be told. Free of torch, as the command line reads it to show its help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from impasto.errors import UsageError
from impasto.options import Checked, option

__all__ = ["StudyOptions"]


@dataclass(frozen=True, kw_only=True)
class StudyOptions(Checked):
    """How large and how long a study paints; its pictures are given beside it."""

    size: int = option("Long side of what is painted, in pixels", 256, metavar="PX", at_least=16, at_most=2048)
    steps: int | None = option("Steps of each painting; the study's own number unless given", None, at_least=1)
    minutes: float | None = option(
        "Processor time of the whole study, shared evenly among its paintings, instead of a number of steps",
        None,
        at_least=0.001,
    )
    layer: tuple[str, ...] = option(
        "Layer that layers-style, layers-content or calibrate looks at; repeat for several; the study's own unless "
        "given",
        (),
        metavar="NAME",
    )
    network: str = option(
        "Network whose features are compared; the study network compares several", "vgg19", metavar="NAME"
    )
    weights: str | None = option("File of the network's weights", None, metavar="FILE")
    fetch: bool = option("Fetch the weights of a network if they are missing", False)
    precision: str = option(
        "Arithmetic of the network; auto uses bfloat16 on processors that have it", "auto", choices=("auto", "fp32")
    )
    photos: str | None = option("Folder of photos on which studies of trained networks train", None, metavar="DIR")
    artworks: str | None = option("Folder of their styles", None, metavar="DIR")
    crop: int = option("Side of their crops, a multiple of 32", 128, metavar="PX", at_least=32)
    batch: int = option("Their pairs a step", 2, at_least=1)
    begin_with: str | None = option(
        "Run with whose weights and options the networks of its family begin, instead of random weights",
        None,
        metavar="RUN",
    )
    seed: int = option("Seed of noise and of losses that draw at random", 0, at_least=0, at_most=2**31 - 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is not None and self.minutes is not None:
            raise UsageError(
                f"both steps ({self.steps}) and minutes ({self.minutes:g}) are given, expected one of them"
            )
        if len(set(self.layer)) < len(self.layer):
            raise UsageError(f"layer is {', '.join(self.layer)}; give each layer once")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
