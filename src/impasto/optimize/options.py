"""What painting by optimisation can be told. Free of torch, as the command line reads it to show its help."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from impasto.errors import UsageError
from impasto.options import Checked, option

__all__ = ["OptimizeOptions", "weighted"]

PRECISIONS = ("auto", "fp32")
STARTS = ("photo", "noise", "black", "white", "style")


@dataclass(frozen=True, kw_only=True)
class OptimizeOptions(Checked):
    """How a picture is painted by optimisation; the photo and the style pictures are given beside it."""

    size: int = option(
        "Long side of the result in pixels; that of a smaller photo unless given",
        512,
        metavar="PX",
        at_least=16,
        at_most=8192,
    )
    style_scale: float = option(
        "Size of the style pictures, by area, against the result's: less gives finer strokes",
        1.0,
        at_least=0.05,
        at_most=10,
    )
    steps: int = option(
        "Steps, shared evenly among the scales; five minutes instead unless given, where there is no bfloat16",
        500,
        at_least=1,
    )
    minutes: float | None = option("Paint for so long instead of a number of steps", None, at_least=0.001)
    content_layer: tuple[str, ...] = option(
        "Layer at which content is compared, with an optional weight; repeat for several; the network's own unless "
        "given",
        (),
        metavar="NAME[=WEIGHT]",
    )
    content_loss: str = option("How content is compared", "johnson", metavar="NAME")
    content_weight: float = option("Weight of content", 1.0, at_least=0)
    style_layer: tuple[str, ...] = option(
        "Layer at which style is compared, with an optional weight; repeat for several; the network's own unless given",
        (),
        metavar="NAME[=WEIGHT]",
    )
    style_loss: tuple[str, ...] = option(
        "How style is compared, with an optional weight; repeat to combine", ("gram",), metavar="NAME[:WEIGHT]"
    )
    style_weight: float = option("Weight of style", 10.0, at_least=0)
    tv_weight: float = option("Weight of total variation, which smooths", 2.0, at_least=0)
    tv: str = option("Form of total variation", "squared", choices=("squared", "isotropic"))
    unbalanced: bool = option(
        "Take losses as their formulas give them; otherwise content is 1 for a grey picture, and each style's losses "
        "are 1 for the photo",
        False,
    )
    optimizer: str = option("What moves the pixels", "lbfgs", choices=("lbfgs", "adam"))
    learning_rate: float | None = option(
        "Length of a step; 1 for lbfgs, 0.02 for adam unless given", None, at_least=1e-6, at_most=1e3
    )
    history: int = option("Steps that lbfgs remembers", 10, at_least=1, at_most=100)
    first_size: int = option(
        "Long side of the first of several scales; as large as the result for one scale only",
        128,
        metavar="PX",
        at_least=16,
    )
    scale_factor: float = option("From one scale to the next", 2**0.5, at_least=1.05, at_most=16)
    ema: float | None = option(
        "Decay of the average of iterates, which is the result; 0 (the last iterate) for lbfgs, 0.9 for adam unless "
        "given",
        None,
        at_least=0,
        at_most=0.9999,
    )
    init: str = option("Where to begin: photo, noise, black, white, style, model, or a picture file", "photo")
    noise: float = option("Deviation of the noise where it begins with noise", 0.15, at_least=0, at_most=1)
    seed: int = option("Seed of noise and of losses that draw at random", 0, at_least=0, at_most=2**31 - 1)
    network: str = option("Network whose features are compared", "vgg19", metavar="NAME")
    weights: str | None = option("File of the network's weights", None, metavar="FILE")
    fetch: bool = option("Fetch the network's weights if they are missing", False)
    pooling: str = option("How the network shrinks its maps", "max", choices=("max", "average", "l2"))
    raw: bool = option("Take the network as it was trained, its channels not normalised", False)
    precision: str = option(
        "Arithmetic of the network; auto uses bfloat16 on processors that have it", "auto", choices=PRECISIONS
    )
    preserve_color: bool = option("Keep the photo's own colours", False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, separator in (("content_layer", "="), ("style_layer", "="), ("style_loss", ":")):
            weighted(getattr(self, name), separator, name)
        if "adversarial" in self.style_losses and self.optimizer == "lbfgs":
            raise UsageError("the adversarial loss changes at every step, which lbfgs cannot follow: take adam")

    @property
    def style_losses(self) -> dict[str, float]:
        """Weight of each style loss."""
        return weighted(self.style_loss, ":", "style_loss")

    @property
    def content_layers(self) -> dict[str, float]:
        """Weight of each content layer; empty for the network's own."""
        return weighted(self.content_layer, "=", "content_layer")

    @property
    def style_layers(self) -> dict[str, float]:
        """Weight of each style layer; empty for the network's own."""
        return weighted(self.style_layer, "=", "style_layer")

    @property
    def rate(self) -> float:
        """The learning rate, with the optimiser's own default filled in."""
        return self.learning_rate or {"lbfgs": 1.0, "adam": 0.02}[self.optimizer]

    @property
    def decay(self) -> float:
        """The decay of the iterates' average, with the optimiser's own default filled in."""
        return {"lbfgs": 0.0, "adam": 0.9}[self.optimizer] if self.ema is None else self.ema

    def sizes(self) -> tuple[int, ...]:
        """Long side of each scale, coarse to fine: the result's divided by powers of the factor."""
        sizes = [self.size]
        while (smaller := round(self.size / self.scale_factor ** len(sizes))) >= self.first_size:
            sizes.append(smaller)
        return tuple(reversed(sizes))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OptimizeOptions:
        """Options from JSON or a run's state; fields that are unknown here are ignored."""
        known = {one.name for one in fields(cls)} & set(values)
        found: dict[str, Any] = {name: _hashable(values[name]) for name in known}
        return cls(**found)


def weighted(entries: Sequence[str], separator: str, what: str) -> dict[str, float]:
    """``["relu4_1", "relu5_1=0.5"]`` → ``{"relu4_1": 1.0, "relu5_1": 0.5}``.

    Raises:
        UsageError: a weight is no number of at least 0, or a name is given twice.
    """
    found: dict[str, float] = {}
    for entry in entries:
        name, given, text = entry.partition(separator)
        try:
            weight = float(text) if given else 1.0
        except ValueError:
            weight = math.nan
        if not name or not (math.isfinite(weight) and weight >= 0):
            raise UsageError(f"{what} is {entry!r}, expected NAME or NAME{separator}WEIGHT with a weight of at least 0")
        if name in found:
            raise UsageError(f"{what} names {name!r} twice; give it once, with one weight")
        found[name] = weight
    return found


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
