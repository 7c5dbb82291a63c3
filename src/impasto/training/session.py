"""One call that trains: folders in, a run's folder out. The command line, and a notebook, iterate over it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from impasto.errors import CheckpointError, TrainingError, UsageError
from impasto.nn.vgg_weights import load_vgg19
from impasto.training import checkpoint
from impasto.training.arithmetic import Arithmetic
from impasto.training.base import Base
from impasto.training.begin import begin_with_run
from impasto.training.data import PictureFolder
from impasto.training.families import FIXED, find_family, name_of
from impasto.training.loop import Step, Trainer
from impasto.training.loop_options import LoopOptions
from impasto.training.loss_plot import plot_run
from impasto.training.processes import ALONE, processes_here
from impasto.training.recipe import Recipe
from impasto.training.recipes import build_recipe, build_validation
from impasto.training.tracking import Tracker
from impasto.training.warm_start import load_exported
from impasto.weights.manifest import Manifest

CHECKPOINT_SECONDS = 180
SPACE_NEEDED = 500_000_000


@dataclass(frozen=True)
class Session:
    """A run that is ready to train; made by :meth:`start` or :meth:`resume`."""

    trainer: Trainer[Any]
    recipe: Recipe[Any]
    content: PictureFolder
    style: PictureFolder

    @classmethod
    def start(
        cls,
        content: Path,
        style: Path,
        run: Path,
        options: LoopOptions,
        *,
        validation: Path | None = None,
        base: Path | None = None,
        begin_with: Manifest | Path | None = None,
    ) -> Session:
        """Read the folders, build the networks, and begin a run.

        Args:
            options: of one of :data:`~impasto.training.families.FAMILIES`, whose model is then trained.
            validation: photos on which the loss is measured now and then; the weights that are best there are exported.
            base: a run of ``cin``, to which the styles are added: its network and its styles stay as they are.
            begin_with: with whose weights the run begins: an exported default model of the same sizes, or another run's
                folder (:func:`~impasto.training.begin.begin_with_run`).

        Raises:
            TrainingError: a folder holds no usable picture, the run exists already, its folder cannot be made, or the
                disk is nearly full.
            WeightsError: VGG-19's weights are not installed, or the model to begin with does not fit.
            CheckpointError, UsageError: the base cannot be read, or is none for this family.
        """
        if (run / checkpoint.FILE_NAME).exists():
            raise TrainingError(f"{run} holds a run already: continue it with --resume, or name another folder")
        if base is not None and begin_with is not None:
            raise UsageError("a base was given and a run to begin with: give one, as a base keeps its own weights")
        begun = None if base is None else Base.load(base, options)
        notes = {} if begun is None else begun.notes
        options = options if begun is None else begun.options
        session = cls._open(content, style, run, options, notes=notes, validation=validation)
        if begun is not None:
            session.recipe.model.load_state_dict(begun.weights(len(session.style)))
        session.trainer.start(None if begin_with is None else partial(_begin, begin_with))
        return session

    @classmethod
    def resume(
        cls,
        content: Path,
        style: Path,
        run: Path,
        changes: Mapping[str, Any] | None = None,
        *,
        family: str | None = None,
        validation: Path | None = None,
    ) -> Session:
        """Continue the run's checkpoint with its own options.

        Without ``changes``, with the same files in the folders and as many threads, the run becomes bit for bit what it
        would have been without the pause.

        Args:
            changes: options that replace the run's own.
            family: what the run must be of.
            validation: as for :meth:`start`; give it again.

        Raises:
            CheckpointError: there is nothing to resume, or it is damaged, of another network or family.
            UsageError: an option has a value that cannot be used.
            TrainingError, WeightsError: as for :meth:`start`.
        """
        state = checkpoint.load(run)
        found = checkpoint.family_of(state)
        if family not in (None, found):
            raise CheckpointError(f"{run} is a run of {found}, not of {family}: continue it with train {found}")
        options = find_family(found).options.from_dict({**state["options"], **(changes or {})})
        session = cls._open(content, style, run, options, notes=state.get("notes", {}), validation=validation)
        session.trainer.resume()
        return session

    @classmethod
    def _open(
        cls,
        content: Path,
        style: Path,
        run: Path,
        options: LoopOptions,
        *,
        notes: Mapping[str, Any],
        validation: Path | None,
    ) -> Session:
        # What can fail at once does so before the pictures are read, which may take minutes.
        _check_disk(run)
        processes = processes_here(Arithmetic.of(options).device)
        if processes is not ALONE and options.minutes is not None:
            raise UsageError("several processes cannot end after minutes, as their clocks differ: give steps instead")
        vgg = load_vgg19()
        learnt_by_heart = name_of(options) in FIXED
        photos = PictureFolder.load(content, options.limit)
        artworks = PictureFolder.load(style, None if learnt_by_heart else options.limit)
        held_out = None if validation is None else PictureFolder.load(validation)
        recipe = build_recipe(options, vgg, photos, artworks, notes)
        measured = None if held_out is None else build_validation(recipe, held_out, artworks)
        return cls(Trainer(recipe, run, measured, processes), recipe, photos, artworks)

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Train, yielding every step; saves every three minutes, at the end, and when ``should_stop`` says so.

        A checkpoint is only ever written between steps, so it is always a whole state. At the end the losses are drawn
        into ``losses.png``.

        Raises:
            TrainingError: the loss is not finite, or the disk is full; the last checkpoint is untouched.
        """
        trainer = self.trainer
        if not trainer.processes.first:
            yield from self._follow(should_stop)
            return
        saved = time.monotonic()
        previews = self.recipe.options.preview_steps
        with Tracker(trainer.run, self.recipe.weights, trainer.step) as tracker:
            for step in trainer.steps():
                tracker.add(step)
                if previews and step.number % previews == 0:
                    tracker.add_preview(step.number, self.recipe.preview(trainer.average))
                yield step
                if trainer.processes.any(wanted=should_stop()):
                    break
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    trainer.save()
                    saved = time.monotonic()
            trainer.save()
        plot_run(trainer.run)

    def _follow(self, should_stop: Callable[[], bool]) -> Iterator[Step]:
        """Train beside the process that writes."""
        for step in self.trainer.steps():
            yield step
            if self.trainer.processes.any(wanted=should_stop()):
                break


def _begin(begin_with: Manifest | Path, recipe: Recipe[Any]) -> None:
    if isinstance(begin_with, Path):
        begin_with_run(recipe, checkpoint.load(begin_with))
    else:
        load_exported(recipe.model, begin_with)


def _check_disk(run: Path) -> None:
    try:
        run.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(run).free
    except OSError as error:
        raise TrainingError(f"cannot make the run's folder {run}: {error.strerror or error}") from error
    if free < SPACE_NEEDED:
        raise TrainingError(f"the disk of {run} has {free / 1e6:.0f} MB left: a run needs {SPACE_NEEDED / 1e6:.0f} MB")
