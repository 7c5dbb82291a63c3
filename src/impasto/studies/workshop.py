"""Where studies train networks: the same pictures, batches and steps for every variant, and fixed pairs to paint."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.errors import UsageError
from impasto.image.resize import fit_size, resize
from impasto.studies.findings import Pixels
from impasto.studies.laboratory import Laboratory, Progress, Sample

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.nn.vgg import VGG19
    from impasto.training.data import PictureFolder

__all__ = ["Trained", "Variant", "Workshop", "smoothed"]

MULTIPLE = 32  # of a painting's sides: every family's networks take it
POINTS = 40


@dataclass(frozen=True)
class Variant:
    """One of the networks that a study compares."""

    label: str
    family: str
    """As ``impasto train`` names it."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Options that set it apart."""
    limit: int | None = None
    """How many photos and artworks it sees; all unless given."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A network that is trained."""

    variant: Variant
    recipe: Any
    terms: Mapping[str, list[float]]
    """Every loss term, the objective and the gradient's norm, at each step."""
    seconds: float
    """Processor time of its steps, of all threads together."""
    kept: Mapping[int, Mapping[str, Tensor]]
    """The averaged weights at the steps that were asked for; the last among them."""

    @property
    def steps(self) -> int:
        return len(self.terms["objective"])

    def paint(self, photo: Pixels, style: Pixels, step: int | None = None, *, share: float = 1.0) -> Pixels:
        """A photo in a style as the network of some step paints it, uint8 of the photo's size.

        Args:
            share: of the style in the code, the rest being the photo's own; for AdaIN alone.
        """
        import torch

        from impasto.nn.border import to_border

        model = self.recipe.model_with(self.kept[self.steps if step is None else step])
        content, shown = (self.recipe.arithmetic.pictures(one[None]) for one in (photo, style))
        with torch.no_grad():
            if share == 1:
                painted = self.recipe.paint(model, content, shown, 0)
            else:
                painted = self.recipe.paint_between(model, content, shown, share)
        return np.asarray(to_border(painted)[0].cpu())


class Workshop(Laboratory):
    """A laboratory that trains. It needs two folders of pictures to train on, in the options."""

    @cached_property
    def photos(self) -> PictureFolder:
        """The folder to train on."""
        return self._folder("photos")

    @cached_property
    def artworks(self) -> PictureFolder:
        """The folder of styles."""
        return self._folder("artworks")

    @cached_property
    def samples(self) -> list[tuple[Sample, Sample]]:
        """The pairs to paint, both of the study's size, with sides that every network takes."""
        return [(self._fitted(photo), self._fitted(style)) for photo, style in self.pairs]

    @cached_property
    def one_style(self) -> list[tuple[Sample, Sample]]:
        """Every photo with the first of the styles, which networks of one style learn."""
        style = self._fitted(self.styles[0])
        return [(self._fitted(photo), style) for photo in self.contents]

    def begins(self, family: str) -> bool:
        """Whether networks of that family begin with a run's weights and options."""
        from impasto.training.checkpoint import family_of

        return self._run is not None and family_of(self._run) == family

    def train(self, variants: Sequence[Variant], *, keep: Sequence[float] = ()) -> list[Trained]:
        """Train one after the other, from the same seed, on the same draws.

        Args:
            variants: the networks; those of one style learn the first of the study's.
            keep: parts of the training, from 0 to 1, at which the weights are kept as well.
        """
        share = 1 / len(variants)
        return [self._train(variant, number * share, share, keep) for number, variant in enumerate(variants)]

    def _train(self, variant: Variant, done: float, share: float, keep: Sequence[float]) -> Trained:
        from impasto.training.begin import begin_with_run
        from impasto.training.data import PictureFolder
        from impasto.training.families import FAMILIES, FIXED
        from impasto.training.loop import Trainer
        from impasto.training.recipes import build_recipe

        given = self.options
        minutes = None if given.minutes is None else given.minutes * share
        begun = self._run if self.begins(variant.family) else None
        options = FAMILIES[variant.family].options.from_dict(
            {
                **({} if begun is None else {**begun["options"], "reconstruction_steps": 0}),
                "steps": self.steps,
                "minutes": minutes,
                "batch": given.batch,
                "crop": given.crop,
                "seed": given.seed,
                "precision": given.precision,
                # Runs are short: the average has to forget the start, the rate to rise at once.
                "ema": 0.98,
                "warm_up": min(20, self.steps // 10),
                **variant.changes,
            }
        )
        self._progress(Progress(f"{variant.label}: reading", done))
        photos = self.photos.first(variant.limit)
        if variant.family in FIXED:
            first = self.one_style[0][1]
            artworks = PictureFolder([first.pixels], [], [first.name])
        else:
            artworks = self.artworks.first(variant.limit)
        trainer = Trainer(build_recipe(options, self._vgg, photos, artworks, {}), Path())
        trainer.start(None if begun is None else partial(begin_with_run, state=begun))
        wanted = {round(part * self.steps) for part in keep}
        terms: dict[str, list[float]] = {}
        kept = {}
        began = time.process_time()
        for step in trainer.steps():
            for name, value in {**step.terms, "objective": step.objective, "gradient": step.gradient_norm}.items():
                terms.setdefault(name, []).append(value)
            if step.number in wanted:
                kept[step.number] = {name: value.clone() for name, value in trainer.average.items()}
            self._progress(Progress(variant.label, done + share * trainer.progress))
        seconds = time.process_time() - began
        kept[trainer.step] = trainer.average
        return Trained(variant, trainer.recipe, terms, seconds, kept)

    @cached_property
    def _run(self) -> dict[str, Any] | None:
        from impasto.training import checkpoint

        folder = self.options.begin_with
        return None if folder is None else checkpoint.load(Path(folder))

    @cached_property
    def _vgg(self) -> VGG19:
        from impasto.nn.vgg_weights import load_vgg19

        return load_vgg19()

    def _folder(self, name: str) -> PictureFolder:
        from impasto.training.data import PictureFolder

        folder = getattr(self.options, name)
        if folder is None:
            raise UsageError(f"this study trains networks, and there is no folder of {name}: give one with --{name}")
        return PictureFolder.load(Path(folder))

    def _fitted(self, sample: Sample) -> Sample:
        height, width = fit_size(sample.pixels.shape[0], sample.pixels.shape[1], self.options.size, "long")
        height, width = (max(MULTIPLE, round(side / MULTIPLE) * MULTIPLE) for side in (height, width))
        return Sample(sample.name, resize(sample.pixels, height, width))


def smoothed(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Steps and means of a curve over so many parts of the run that it can be read."""
    size = max(1, len(values) // POINTS)
    starts = range(0, len(values) - size + 1, size)
    return [start + size / 2 for start in starts], [float(np.mean(values[start : start + size])) for start in starts]
