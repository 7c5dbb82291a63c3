"""One call that trains: folders in, a run's folder out. The command line, and a notebook, iterate over it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from impasto.errors import TrainingError
from impasto.nn.vgg_weights import load_vgg19
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batch, Batches, PictureFolder
from impasto.training.default_recipe import DefaultRecipe
from impasto.training.loop import Step, Trainer
from impasto.training.tracking import Tracker

CHECKPOINT_SECONDS = 180
PREVIEW_STEPS = 500
SPACE_NEEDED = 500_000_000


@dataclass(frozen=True)
class Session:
    """A run that is ready to train."""

    trainer: Trainer[Batch]
    recipe: DefaultRecipe
    content: PictureFolder
    style: PictureFolder

    @classmethod
    def open(
        cls, content: Path, style: Path, run: Path, options: DefaultTrainOptions, *, resume: bool = False
    ) -> Session:
        """Read the folders, build the networks, and begin the run or continue its checkpoint.

        Raises:
            TrainingError: a folder holds no usable picture, the run exists already, or the disk is nearly full.
            CheckpointError: there is nothing to resume.
            WeightsError: VGG-19's weights are not installed.
        """
        if resume:
            checkpoint.load(run)  # fail before minutes of reading
        elif (run / checkpoint.FILE_NAME).exists():
            raise TrainingError(f"{run} holds a run already: continue it with --resume, or name another folder")
        folders = PictureFolder.load(content), PictureFolder.load(style)
        run.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(run).free
        if free < SPACE_NEEDED:
            raise TrainingError(
                f"the disk of {run} has {free / 1e6:.0f} MB left: a run needs {SPACE_NEEDED / 1e6:.0f} MB"
            )
        batches = Batches(
            *folders, options.seed, options.style_views, options.identity_fraction, options.photo_style_fraction
        )
        recipe = DefaultRecipe(options, load_vgg19(), batches)
        trainer = Trainer(recipe, run)
        if resume:
            trainer.resume()
        else:
            trainer.start()
        return cls(trainer, recipe, *folders)

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Train, yielding every step; saves every three minutes, at the end, and when ``should_stop`` says so.

        A checkpoint is only ever written between steps, so it is always a whole state.
        """
        trainer = self.trainer
        saved = time.monotonic()
        with Tracker(trainer.run) as tracker:
            for step in trainer.steps():
                tracker.add(step)
                if step.number % PREVIEW_STEPS == 0:
                    tracker.add_preview(step.number, self.recipe.preview(trainer.average))
                yield step
                if should_stop():
                    break
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    trainer.save()
                    saved = time.monotonic()
            trainer.save()
