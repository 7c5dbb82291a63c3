"""One style, learnt on top of the default model: every convolution is added a difference of low rank.

An arbitrary network is a start from which one style is learnt in a few hundred steps (Zhang, Zhu & Zhu 2019,
"MetaStyle: Three-Way Trade-Off Among Speed, Flexibility, and Quality in Neural Style Transfer"). We depart in what is
learnt: not all weights but differences of low rank (:mod:`impasto.nn.low_rank`), the norms' shifts and scales and the
biases, which fit into a small file; and in the losses, which look at two scales (:mod:`impasto.training.two_scales`).
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.errors import CheckpointError, ImageError, TrainingError, UsageError
from impasto.image.color import color_statistics, monge_kantorovich
from impasto.image.levels import Pixels
from impasto.inference.codes import with_color
from impasto.inference.engine import open_engine
from impasto.inference.style_view import style_view
from impasto.models.painter import GRAIN_PERIOD, Painter, recolored
from impasto.nn.border import to_border
from impasto.nn.low_rank import LowRank, add_low_rank
from impasto.nn.norm import ConditionalInstanceNorm
from impasto.nn.vgg_weights import load_vgg19
from impasto.training.arithmetic import Arithmetic
from impasto.training.data import middle, random_view
from impasto.training.learn_options import LearnOptions
from impasto.training.optimisation import cosine_rate
from impasto.training.two_scales import ContentTarget, StyleTarget, TwoScales
from impasto.training.warm_start import exported_model
from impasto.weights.difference import Difference, LearntCode, Range
from impasto.weights.manifest import ENCODE_STYLE, PAINT, Manifest

__all__ = ["LearnStep", "Learning"]


SMALLEST_ARTWORK = 64
OFTEN = 1e-5  # of the values seen, so many may lie outside the ranges of 8-bit integers
CROPS_FOR_RANGES = 6
STEM = "painter.stem.weight"  # what the export calls the stem's convolution over photo and grain
AFFINE = "affine.bias"  # ... and the shifts and scales of all norms, one after the other


@dataclass(frozen=True)
class LearnStep:
    """What is yielded after each step."""

    number: int
    """Steps done."""
    terms: dict[str, float]
    """Every loss term of the batch, before weights."""
    objective: float
    seconds: float
    """Since the beginning, without what the caller does between steps."""
    progress: float
    """The part of the learning that is done, from 0 to 1."""


class Learning:
    """One style being learnt.

    >>> learning = Learning(find_model("default"), [artwork], photos, LearnOptions(minutes=5))
    >>> for step in learning.steps():
    ...     print(step.number, step.objective)
    >>> stylizer.save_code("mine.npz", learning.style())

    Args:
        manifest: the model to learn on top of.
        artworks: uint8 h×w×3, one or several of one hand; their targets are drawn in turn.
        photos: uint8 h×w×3, to practise on.
        options: everything else.
        begin: a style to begin with, learnt on top of this model or of an earlier one with layers of the same sizes.

    With the same arguments, machine and number of threads, the style is the same bit for bit.

    Raises:
        ImageError: an artwork is too small.
        UsageError: the model cannot learn styles, there are no artworks or photos, or the style to begin with was
            learnt for layers of other sizes.
        WeightsError: the weights of the model or of the loss network are missing or damaged.
    """

    def __init__(
        self,
        manifest: Manifest,
        artworks: Sequence[Pixels],
        photos: Sequence[Pixels],
        options: LearnOptions,
        *,
        begin: Difference | None = None,
    ) -> None:
        if not manifest.learns:
            raise UsageError(
                f"the model {manifest.name!r} ({manifest.family}) cannot learn styles: use the default model"
            )
        if not artworks or not photos:
            raise UsageError(
                f"{len(artworks)} artworks and {len(photos)} photos were given, expected at least one each"
            )
        for artwork in artworks:
            if min(artwork.shape[:2]) < SMALLEST_ARTWORK:
                size = f"{artwork.shape[1]}×{artwork.shape[0]}"
                raise ImageError(
                    f"an artwork has {size} pixels, expected at least {SMALLEST_ARTWORK} on its short side"
                )
        self.options = options
        self.number, self.seconds = 0, 0.0
        self._manifest, self._begin = manifest, begin
        self._artworks, self._photos = list(artworks), list(photos)
        self._arithmetic = Arithmetic.of(options)
        self._numbers = _code_of(manifest, artworks)
        self._recolor_target = self._numbers[manifest.code_size :]
        self._scales = TwoScales(self._arithmetic.frozen(load_vgg19()))
        self._styles = [self._target(artwork) for artwork in artworks]
        self._practice = [self._practice_crop(index) for index in range(options.practice)]
        self.painter, self._norms, self._parts = self._prepared_painter()
        if begin is not None:
            self._begin_with(begin)
        self._parameters = [one for one in self.painter.parameters() if one.requires_grad]
        self._optimiser = torch.optim.Adam(self._parameters, lr=options.learning_rate, betas=(0.9, 0.99))
        self._average = [one.detach().clone() for one in self._parameters]

    @property
    def progress(self) -> float:
        """The part of the learning that is done, from 0 to 1."""
        if self.options.minutes is None:
            return min(1.0, self.number / self.options.steps)
        return min(1.0, self.seconds / (60 * self.options.minutes))

    def steps(self) -> Iterator[LearnStep]:
        """Learn until nothing is left to do. It may be left and called again: it goes on where it was.

        Raises:
            TrainingError: the loss is not finite; the style so far is untouched.
        """
        while self.progress < 1:
            yield self._advance()

    def _advance(self) -> LearnStep:
        began = time.perf_counter()
        options = self.options
        rng = np.random.default_rng([options.seed, 0, self.number])
        chosen = rng.integers(len(self._practice), size=options.batch)
        photos, targets = self._batch(chosen)
        origins = self._arithmetic.array(rng.integers(GRAIN_PERIOD, size=(options.batch, 2)))
        style = self._styles[int(rng.integers(len(self._styles)))]
        content, recolor = self._arithmetic.pictures(photos), self._recolor(photos)
        pastiches = self._paint(content, recolor, origins)
        losses = self._scales.terms(pastiches, content, recolored(content, recolor), targets, style)
        terms = {name: term.mean() for name, term in losses.items()}
        objective = torch.stack([getattr(options, f"{name}_weight") * term for name, term in terms.items()]).sum()
        self._optimiser.zero_grad()
        objective.backward()
        norm = nn.utils.clip_grad_norm_(self._parameters, options.clip or math.inf)
        if not (torch.isfinite(objective) and torch.isfinite(norm)):
            raise TrainingError(
                f"step {self.number + 1}: the loss or its gradient is not finite; learn with a lower --learning-rate"
            )
        for group in self._optimiser.param_groups:
            group["lr"] = cosine_rate(options.learning_rate, options.warm_up, self.number, self.progress)
        self._optimiser.step()
        self.number += 1
        decay = min(options.ema, (1 + self.number) / (10 + self.number))
        with torch.no_grad():
            for average, one in zip(self._average, self._parameters, strict=True):
                average.lerp_(one, 1 - decay)
        self.seconds += time.perf_counter() - began
        values = {name: term.item() for name, term in terms.items()}
        return LearnStep(self.number, values, objective.item(), self.seconds, self.progress)

    def style(self) -> LearntCode:
        """The style as learnt so far: its code, and what it adds to the painter."""
        averages = dict(zip(map(id, self._parameters), (one.cpu() for one in self._average), strict=True))

        def averaged(parameter: Tensor) -> NDArray[np.float32]:
            return averages[id(parameter)].float().numpy().copy()

        factors = {}
        for name, part in self._parts.items():
            left, right = averaged(part.left), averaged(part.right)
            if self._exported_name(name) == STEM:
                right = np.pad(right, ((0, 0), (0, 3 * self.painter.config.grain)))
            factors[self._exported_name(name)] = left, right
        biases = [one.affine.bias for one in self._norms]
        before = [one.to(torch.float32) for one in self._biases_before]
        shifts = [averaged(one) - old.cpu().numpy() for one, old in zip(biases, before, strict=True)]
        added = {AFFINE: np.concatenate(shifts)}
        for name, bias, old in self._drawing_biases:
            added[name] = averaged(bias) - old.cpu().numpy()
        difference = Difference(self._manifest.sha256(PAINT), factors, added, self._ranges())
        # As a file would give it back: factors in 8-bit integers.
        return LearntCode(self._numbers, ((Difference.from_arrays(difference.as_arrays()), 1.0),))

    def history(self) -> dict[str, Any]:
        """How the style was learnt so far, as its file tells it."""
        return {"steps": self.number, "seconds": round(self.seconds), "options": self.options.as_dict()}

    def preview(self, photo: Pixels, side: int = 512) -> Pixels:
        """The middle of a photo, painted in the style as learnt so far, uint8 side×side×3."""
        with self._averaged(), torch.no_grad():
            painted = self._painted(middle(photo, side))
        return np.asarray(to_border(painted)[0].cpu())

    def state_dict(self) -> dict[str, Any]:
        """Everything from which :meth:`load_state_dict` goes on exactly: tensors and plain values."""
        return {
            "options": self.options.as_dict(),
            "inputs": self._digest(),
            "number": self.number,
            "seconds": self.seconds,
            "parameters": [one.detach() for one in self._parameters],
            "average": self._average,
            "optimiser": self._optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another learning of the same artworks, photos and model was.

        Raises:
            CheckpointError: it is the state of another learning.
        """
        if state["inputs"] != self._digest():
            raise CheckpointError(
                "the run was begun with other artworks, photos or options, or on another model: give those it began "
                "with, or begin a new run"
            )
        self.number, self.seconds = state["number"], state["seconds"]
        with torch.no_grad():
            for one, average, value, mean in zip(
                self._parameters, self._average, state["parameters"], state["average"], strict=True
            ):
                one.copy_(value)
                average.copy_(mean)
        self._optimiser.load_state_dict(state["optimiser"])

    def _prepared_painter(self) -> tuple[Painter, list[ConditionalInstanceNorm], dict[str, LowRank]]:
        """The model's painter, of which only what is added can be trained."""
        model = self._arithmetic.placed(exported_model(self._manifest).requires_grad_(False))
        painter = model.painter
        norms = [one for one in painter.modules() if isinstance(one, ConditionalInstanceNorm)]
        convolutions = [(name, one) for name, one in painter.named_modules() if isinstance(one, nn.Conv2d)]
        self._biases_before = [one.affine.bias.detach().clone() for one in norms]
        self._drawing_biases = [
            (f"painter.{name}.bias", one.bias, one.bias.detach().clone())
            for name, one in convolutions
            if one.bias is not None
        ]
        for bias in (*(one.affine.bias for one in norms), *(one for _, one, _ in self._drawing_biases)):
            bias.requires_grad_(True)
        generator = torch.Generator().manual_seed(self.options.seed)
        parts = add_low_rank(painter, self.options.rank, generator)
        self._arithmetic.placed(painter)
        return painter, norms, {f"painter.{name}": part for name, part in parts.items()}

    @torch.no_grad()
    def _begin_with(self, begin: Difference) -> None:
        for name, part in self._parts.items():
            left, right = begin.factors.get(self._exported_name(name), (np.zeros((0, 0)), np.zeros((0, 0))))
            right = right[:, : part.right.shape[1]]  # without the grain's columns, which are 0
            if (len(left), right.shape[1]) != (len(part.left), part.right.shape[1]):
                raise UsageError(
                    f"the style to begin with has no {name} of this model's size: it was learnt for another model"
                )
            rank = min(left.shape[1], part.left.shape[1])
            part.left[:, :rank] = self._arithmetic.array(left[:, :rank])
            part.right[:rank] = self._arithmetic.array(right[:rank])
        shifts = np.split(begin.added[AFFINE], np.cumsum([len(one.affine.bias) for one in self._norms])[:-1])
        for norm, shift in zip(self._norms, shifts, strict=True):
            norm.affine.bias.add_(self._arithmetic.array(shift))
        for name, bias, _ in self._drawing_biases:
            bias.add_(self._arithmetic.array(begin.added[name]))

    @staticmethod
    def _exported_name(name: str) -> str:
        return STEM if name == "painter.stem.conv.weight" else name

    def _target(self, artwork: Pixels) -> StyleTarget:
        view = style_view(artwork, self._manifest, self.options.style_size)
        return self._scales.style_of(self._arithmetic.pictures(view[None]))

    def _practice_crop(self, index: int) -> tuple[Pixels, ContentTarget]:
        rng = np.random.default_rng([self.options.seed, 1, index])
        crop = random_view(self._photos[index % len(self._photos)], self.options.crop, rng)
        return crop, self._scales.content_of(self._arithmetic.pictures(crop[None]))

    def _batch(self, chosen: NDArray[np.integer[Any]]) -> tuple[Pixels, ContentTarget]:
        crops, targets = zip(*(self._practice[index] for index in chosen), strict=True)
        return np.stack(crops), ContentTarget.stack(targets)

    def _recolor(self, photos: Pixels) -> Tensor:
        """The affine maps (b 3 4) from the photos' palettes to the style's."""
        mean, covariance = self._recolor_target[:3], self._recolor_target[3:].reshape(3, 3)
        found = [monge_kantorovich(*color_statistics(photo), mean, covariance) for photo in photos]
        return self._arithmetic.array(np.stack(found))

    def _paint(self, content: Tensor, recolor: Tensor, origins: Tensor | None = None) -> Tensor:
        code = self._arithmetic.array(np.array(self._numbers[: self._manifest.code_size]))
        with self._arithmetic.autocast():
            pastiche: Tensor = self.painter(content, code.expand(len(content), -1), recolor, origins)
        return pastiche.float()

    def _painted(self, photo: Pixels) -> Tensor:
        return self._paint(self._arithmetic.pictures(photo[None]), self._recolor(photo[None]))

    @torch.no_grad()
    def _ranges(self) -> dict[str, Range]:
        """Least and largest value before and after each convolution, on some of the practice crops."""
        seen: dict[str, list[tuple[float, float, float, float]]] = {}

        def hook(name: str) -> Any:
            def note(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
                seen.setdefault(name, []).append((*_extremes(inputs[0]), *_extremes(output)))

            return note

        named = [(name, one) for name, one in self.painter.named_modules() if isinstance(one, nn.Conv2d)]
        handles = [one.register_forward_hook(hook(f"painter.{name}.weight")) for name, one in named]
        try:
            with self._averaged():
                for crop, _ in self._practice[:CROPS_FOR_RANGES]:
                    self._painted(crop)
        finally:
            for handle in handles:
                handle.remove()
        return {
            name: (
                min(one[0] for one in rows),
                max(one[1] for one in rows),
                min(one[2] for one in rows),
                max(one[3] for one in rows),
            )
            for name, rows in seen.items()
        }

    def _averaged(self) -> Any:
        return _Swapped(self._parameters, self._average)

    def _digest(self) -> str:
        begin = self._begin and self._begin.digest
        digest = hashlib.sha256(repr((self.options.as_dict(), self._manifest.sha256(PAINT), begin)).encode())
        for pixels in (*self._artworks, *self._photos):
            digest.update(repr(pixels.shape).encode())
            digest.update(np.ascontiguousarray(pixels).tobytes())
        return digest.hexdigest()


class _Swapped:
    """A context in which parameters have other values."""

    def __init__(self, parameters: Sequence[Tensor], values: Sequence[Tensor]) -> None:
        self._parameters, self._values = parameters, values

    @torch.no_grad()
    def _swap(self) -> None:
        for one, value in zip(self._parameters, self._values, strict=True):
            kept = one.clone()
            one.copy_(value)
            value.copy_(kept)

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *_: object) -> None:
        self._swap()


def _code_of(manifest: Manifest, artworks: Sequence[Pixels]) -> NDArray[np.float32]:
    """The mean of the artworks' codes, with the colours of all of them together."""
    encoder = open_engine(precision="fp32").open(manifest, ENCODE_STYLE)
    codes = np.concatenate([encoder(style=style_view(artwork, manifest)[None]) for artwork in artworks])
    statistics = [color_statistics(artwork) for artwork in artworks]
    mean = np.mean([one for one, _ in statistics], axis=0)
    # Of a mixture: the mean covariance, and the covariance of the means.
    between = np.mean([np.outer(one - mean, one - mean) for one, _ in statistics], axis=0)
    covariance = np.mean([one for _, one in statistics], axis=0) + between
    return with_color(codes[:, : manifest.code_size].mean(0), mean, covariance)


def _extremes(values: Tensor) -> tuple[float, float]:
    flat = values.detach().float().flatten()
    outside = max(1, round(OFTEN * len(flat)))
    return -float(torch.topk(-flat, outside).values[-1]), float(torch.topk(flat, outside).values[-1])
