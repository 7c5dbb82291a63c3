"""One call that trains: folders in, a run's folder out. The command line, and a notebook, iterate over it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.errors import TrainingError
from impasto.nn.vgg_weights import load_vgg19
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batch, Batches, PictureFolder
from impasto.training.default_recipe import DefaultRecipe
from impasto.training.loop import Step, Trainer
from impasto.training.tracking import Tracker
from impasto.training.warm_start import load_exported
from impasto.weights.manifest import Manifest

CHECKPOINT_SECONDS = 180
PREVIEW_STEPS = 500
SPACE_NEEDED = 500_000_000


@dataclass(frozen=True)
class Session:
    """A run that is ready to train; made by :meth:`start` or :meth:`resume`."""

    trainer: Trainer[Batch]
    recipe: DefaultRecipe
    content: PictureFolder
    style: PictureFolder

    @classmethod
    def start(
        cls, content: Path, style: Path, run: Path, options: DefaultTrainOptions, begin_with: Manifest | None = None
    ) -> Session:
        """Read the folders, build the networks, and begin a run.

        Args:
            begin_with: an exported model of the same sizes, whose weights the run begins with instead of random ones.

        Raises:
            TrainingError: a folder holds no usable picture, the run exists already, its folder cannot be made, or the
                disk is nearly full.
            WeightsError: VGG-19's weights are not installed, or the model to begin with does not fit.
        """
        if (run / checkpoint.FILE_NAME).exists():
            raise TrainingError(f"{run} holds a run already: continue it with --resume, or name another folder")
        session = cls._open(content, style, run, options)
        session.trainer.start()
        if begin_with is not None:
            load_exported(session.recipe.model, begin_with)
            session.trainer.begin_average()
        return session

    @classmethod
    def resume(cls, content: Path, style: Path, run: Path, changes: Mapping[str, Any] | None = None) -> Session:
        """Continue the run's checkpoint with its own options.

        Without ``changes``, with the same files in the folders and as many threads, the run becomes bit for bit what it
        would have been without the pause.

        Args:
            changes: options that replace the run's own.

        Raises:
            CheckpointError: there is nothing to resume, or it is damaged or of another network.
            UsageError: an option has a value that cannot be used.
            TrainingError, WeightsError: as for :meth:`start`.
        """
        options = DefaultTrainOptions.from_dict({**checkpoint.load(run)["options"], **(changes or {})})
        session = cls._open(content, style, run, options)
        session.trainer.resume()
        return session

    @classmethod
    def _open(cls, content: Path, style: Path, run: Path, options: DefaultTrainOptions) -> Session:
        # What can fail at once does so before the pictures are read, which may take minutes.
        _check_disk(run)
        vgg = load_vgg19()
        folders = PictureFolder.load(content), PictureFolder.load(style)
        batches = Batches(
            *folders, options.seed, options.style_views, options.identity_fraction, options.photo_style_fraction
        )
        recipe = DefaultRecipe(options, vgg, batches)
        return cls(Trainer(recipe, run), recipe, *folders)

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Train, yielding every step; saves every three minutes, at the end, and when ``should_stop`` says so.

        A checkpoint is only ever written between steps, so it is always a whole state.

        Raises:
            TrainingError: the loss is not finite, or the disk is full; the last checkpoint is untouched.
        """
        trainer = self.trainer
        saved = time.monotonic()
        with Tracker(trainer.run, self.recipe.weights, trainer.step) as tracker:
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


def _check_disk(run: Path) -> None:
    try:
        run.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(run).free
    except OSError as error:
        raise TrainingError(f"cannot make the run's folder {run}: {error.strerror or error}") from error
    if free < SPACE_NEEDED:
        raise TrainingError(f"the disk of {run} has {free / 1e6:.0f} MB left: a run needs {SPACE_NEEDED / 1e6:.0f} MB")
