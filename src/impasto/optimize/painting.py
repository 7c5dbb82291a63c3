"""A picture painted by optimisation: coarse to fine, one iterate after the other."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto.errors import CheckpointError, ImageError, OptimizeError, UsageError
from impasto.image.given import Given, pixels_of
from impasto.image.levels import Pixels
from impasto.image.recolor import with_chroma
from impasto.image.resize import fit_area, fit_size, resize
from impasto.nn.border import from_border, to_border
from impasto.nn.loss_networks import LossNetwork, load_loss_network
from impasto.nn.precision import native_bfloat16
from impasto.optimize import starts
from impasto.optimize.minimisers import MINIMISERS
from impasto.optimize.objective import Objective, layers_of
from impasto.optimize.options import OptimizeOptions

__all__ = ["Iterate", "Painting", "Pixels", "load_network"]


@dataclass(frozen=True, eq=False)
class Iterate:
    """One step: a picture, and what it was measured to be."""

    step: int
    """Steps done; 0 is the picture that painting began with."""
    scale: int
    """Which scale it is painted at, from 0."""
    terms: dict[str, float]
    """Every loss term of the last iterate before weights, by the names of :attr:`Objective.weights`."""
    weights: dict[str, float]
    """The terms' factors in the objective, which belong to the scale."""
    objective: float
    """The weighted sum of the terms; it can only be compared within a scale."""
    seconds: float
    """Painting time since the start, without what the caller does between iterates."""
    progress: float
    """The part of the painting that is done, from 0 to 1."""
    tensor: Tensor
    """The average of iterates (the iterate itself if the decay is 0): 1 3 h w, float32, in [0, 1]."""

    @property
    def picture(self) -> Pixels:
        """``tensor`` as pixels, uint8 h×w×3; made when it is asked for."""
        return _to_pixels(self.tensor)


class Painting:
    """One photo being painted in the manner of some pictures.

    >>> painting = Painting(photo, [(starry_night, 2.0), great_wave], OptimizeOptions(minutes=3))
    >>> for iterate in painting.iterates():
    ...     print(iterate.step, iterate.objective)
    >>> write_picture("painted.png", painting.picture)

    Args:
        photo: uint8 h×w×3, sRGB, of any size.
        styles: style pictures (uint8 h×w×3) or pairs of a picture and its weight; weights are scaled to sum to 1. A
            style picture is never enlarged.
        options: everything else.
        start: the picture to begin with (uint8, any size) where ``options.init`` is ``model`` or a file.
        network: what :func:`load_network` gave for these options, to load it once for many paintings.

    With the same arguments, machine and number of threads, the pictures are the same bit for bit.

    Raises:
        ImageError: a picture has another shape or type, or is too small for the layers and losses.
        UsageError, UnknownName: options that cannot be used, or name what does not exist.
        WeightsError: the network's weights are missing or damaged.
    """

    def __init__(
        self,
        photo: Pixels | Given,
        styles: Sequence[Pixels | Given | tuple[Pixels | Given, float]],
        options: OptimizeOptions | None = None,
        *,
        start: Pixels | Given | None = None,
        network: LossNetwork | None = None,
    ) -> None:
        self.options = options or OptimizeOptions()
        self._photo = _checked(photo, "photo")
        if not styles:
            raise UsageError("there is no style, expected at least one picture")
        pairs = [style if isinstance(style, tuple) else (style, 1.0) for style in styles]
        self._styles = [(_checked(style, "style"), weight) for style, weight in pairs]
        if not all(math.isfinite(weight) and weight >= 0 for _, weight in pairs):
            raise UsageError(f"the weights of the styles are {[weight for _, weight in pairs]}, expected 0 or more")
        self._start = None if start is None else _checked(start, "picture to begin with")
        self._network = network or load_network(self.options)
        self._check_receptive_field()
        self._sizes = [fit_size(self._photo.shape[0], self._photo.shape[1], side) for side in self.options.sizes()]
        areas = list(accumulate(height * width for height, width in self._sizes))
        self._ends = [area / areas[-1] for area in areas]
        self._minimiser = MINIMISERS[self.options.optimizer](self.options.rate, self.options.history)
        self.trace: list[dict[str, Any]] = []
        """A record of every iterate: step, scale, objective, seconds, terms."""
        self.seconds = 0.0
        self._next, self._scale = 0, self._scale_of(0)
        self._tensor = starts.first_picture(
            self.options, *self._sizes[self._scale], photo=self._photo, styles=self._styles, start=self._start
        )
        self._average, self._sum = self._tensor, 0.0  # of nothing yet
        self._objective = self._open_scale()

    @property
    def picture(self) -> Pixels:
        """The painting so far at its full size, uint8 h×w×3, in the photo's colours if that was asked for."""
        height, width = self._sizes[-1]
        pixels = resize(_to_pixels(self._average), height, width)
        if self.options.preserve_color:
            pixels = with_chroma(pixels, resize(self._photo, height, width))
        return pixels

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        if self.options.minutes is None:
            return self._next > self.options.steps
        return self._next > 0 and self.seconds >= 60 * self.options.minutes

    def iterates(self) -> Iterator[Iterate]:
        """Paint until nothing is left to do. It may be left and called again: it goes on where it was.

        Raises:
            OptimizeError: the loss or its gradient is not finite; :attr:`picture` is still the last good one.
        """
        while not self.finished:
            yield self._advance()

    def _advance(self) -> Iterate:
        """Measure the picture, then move it; so what is kept between iterates is all that the next one needs."""
        began = time.perf_counter()
        if self._scale_of(self._next) > self._scale:
            self._scale = self._scale_of(self._next)
            height, width = self._sizes[self._scale]
            self._tensor = starts.resample(self._average, height, width)
            self._sum = 0.0
            self._minimiser.rescale(height, width)
            self._objective = self._open_scale()
        last = self.options.minutes is None and self._next == self.options.steps
        picture = self._tensor.requires_grad_(not last)
        terms = self._objective.terms(picture, self._generator())
        objective = self._objective.total(terms)
        names, values = list(terms), torch.stack([*terms.values()]).tolist()
        self._check_finite(objective.detach(), names, values)
        if not last:
            (gradient,) = torch.autograd.grad(objective, picture)
            self._check_finite(gradient, names, values)
        self._tensor = picture.detach()
        self._add_to_average()
        if not last:
            self._objective.update_critics(self._tensor)
            self._tensor = self._minimiser.step(self._tensor, objective.item(), gradient.contiguous())
        self._next += 1
        self.seconds += time.perf_counter() - began
        iterate = Iterate(
            step=self._next - 1,
            scale=self._scale,
            terms=dict(zip(names, values, strict=True)),
            weights=self._objective.weights,
            objective=objective.item(),
            seconds=self.seconds,
            progress=self._progress(),
            tensor=self._average,
        )
        self.trace.append({name: getattr(iterate, name) for name in ("step", "scale", "objective", "seconds", "terms")})
        return iterate

    def state_dict(self) -> dict[str, Any]:
        """Everything from which :meth:`load_state_dict` goes on exactly: tensors and plain values."""
        return {
            "options": self.options.as_dict(),
            "inputs": self._digest(),
            "next": self._next,
            "scale": self._scale,
            "tensor": self._tensor,
            "average": self._average,
            "sum": self._sum,
            "seconds": self.seconds,
            "trace": self.trace,
            "minimiser": self._minimiser.state_dict(),
            "critics": [critic.state_dict() for critic in self._objective.critics],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another painting of the same photo, styles and options was.

        Raises:
            CheckpointError: it is the state of another painting.
        """
        if state["inputs"] != self._digest():
            raise CheckpointError(
                "the run was begun with another photo, style, start or weight: give those it began with"
            )
        self._next, self._scale = state["next"], state["scale"]
        self._tensor, self._average, self._sum = state["tensor"], state["average"], state["sum"]
        self.seconds, self.trace = state["seconds"], state["trace"]
        self._minimiser.load_state_dict(state["minimiser"])
        self._objective = self._open_scale()
        for critic, its_state in zip(self._objective.critics, state["critics"], strict=True):
            critic.load_state_dict(its_state)

    def _open_scale(self) -> Objective:
        height, width = self._sizes[self._scale]
        area = height * width * self.options.style_scale**2
        return Objective(
            self._network,
            _to_tensor(resize(self._photo, height, width)),
            [
                (_to_tensor(resize(style, *fit_area(style.shape[0], style.shape[1], area))), weight)
                for style, weight in self._styles
            ],
            self.options,
            seed=self.options.seed + self._scale,
        )

    def _progress(self) -> float:
        if self.options.minutes is None:
            return min(1.0, (self._next - 1) / self.options.steps)
        return min(1.0, self.seconds / (60 * self.options.minutes))

    def _scale_of(self, step: int) -> int:
        """Every scale gets as many steps; of minutes that is as many as it has pixels, about."""
        count = len(self._sizes)
        if self.options.minutes is None:
            ends = (self.options.steps * (index + 1) // count for index in range(count))
            return min(sum(step >= end for end in ends), count - 1)
        done = self.seconds / (60 * self.options.minutes)
        return min(sum(done >= end for end in self._ends), count - 1)

    def _generator(self) -> torch.Generator:
        # L-BFGS must be shown one and the same function as long as it remembers it.
        draw = self._scale if self.options.optimizer == "lbfgs" else self._next
        return torch.Generator().manual_seed(self.options.seed * 1_000_003 + draw)

    def _add_to_average(self) -> None:
        """An exponential average without the bias towards its first value (Kingma & Ba 2015, section 3)."""
        decay = self.options.decay
        self._sum = decay * self._sum + 1
        self._average = self._average.lerp(self._tensor, 1 / self._sum) if self._sum > 1 else self._tensor

    def _check_finite(self, tensor: Tensor, names: Sequence[str], values: Sequence[float]) -> None:
        if torch.isfinite(tensor).all():
            return
        found = ", ".join(f"{name} {value:.3g}" for name, value in zip(names, values, strict=True))
        raise OptimizeError(
            f"step {self._next}: the loss or its gradient is not finite ({found}); take a lower learning rate, other "
            "losses or weights, or the precision fp32"
        )

    def _check_receptive_field(self) -> None:
        layer = max(layers_of(self._network, self.options)[1], key=self._network.layers.index)
        field = self._network.receptive_field_of(layer)
        for style, _ in self._styles:
            height, width = style.shape[:2]
            if min(height, width) < field:
                raise ImageError(
                    f"a style picture has {width}×{height} pixels, but {layer} sees squares of {field}: give a larger "
                    "picture, or earlier style layers"
                )

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for pixels, weight in [(self._photo, 1.0), *self._styles, (self._start, 1.0)]:
            shape = None if pixels is None else pixels.shape
            digest.update(f"{shape} {weight!r}".encode())
            digest.update(b"" if pixels is None else np.ascontiguousarray(pixels).tobytes())
        return digest.hexdigest()


def load_network(options: OptimizeOptions) -> LossNetwork:
    """The loss network that the options name, in the precision and memory format in which it is quickest.

    Raises:
        UnknownName, WeightsError: there is none of that name, or its weights are missing or damaged.
    """
    network = load_loss_network(
        options.network,
        weights=None if options.weights is None else Path(options.weights),
        pooling=options.pooling,
        normalised=not options.raw,
        fetch=options.fetch,
    )
    half = options.precision == "auto" and native_bfloat16()
    network = network.to(torch.bfloat16 if half else torch.float32)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _checked(picture: Any, what: str) -> Pixels:
    pixels = pixels_of(picture)
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        found = f"{pixels.dtype} {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise ImageError(f"the {what} is {found}, expected a uint8 array h×w×3, a path, a Pillow image or a Picture")
    if pixels.size == 0:
        raise ImageError(f"the {what} is empty, expected at least 1×1 pixels")
    return pixels


def _to_tensor(pixels: Pixels) -> Tensor:
    return from_border(torch.from_numpy(np.array(pixels))[None]).contiguous()


def _to_pixels(tensor: Tensor) -> Pixels:
    return to_border(tensor)[0].contiguous().numpy()
