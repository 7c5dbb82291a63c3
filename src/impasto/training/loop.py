"""The training loop: read top to bottom. A recipe says what is trained and by which losses; the loop does the rest."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from impasto.errors import CheckpointError, TrainingError
from impasto.training import checkpoint
from impasto.training.config import DefaultTrainOptions

WARM_UP_STEPS = 100
BatchT = TypeVar("BatchT")
ModelT = TypeVar("ModelT", bound=nn.Module)


class Recipe(Protocol[BatchT]):
    """What the loop needs to know of a model and its losses."""

    @property
    def options(self) -> DefaultTrainOptions:
        """How the run is trained."""

    @property
    def model(self) -> nn.Module:
        """What is trained."""

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each named loss term."""

    def prepare(self) -> None:
        """Whatever a new run measures before its first step and keeps in the model's buffers."""

    def batch(self, step: int, progress: float) -> BatchT:
        """The data of a step, a pure function of the seed, the step and the part of the training that is done."""

    def terms(self, batch: BatchT) -> dict[str, Tensor]:
        """The named loss terms, scalars, before weights."""


@dataclass(frozen=True)
class Step:
    """What is yielded after each step."""

    number: int
    """Steps done."""
    terms: dict[str, float]
    objective: float
    learning_rate: float
    gradient_norm: float
    seconds: float


def learning_rate_at(step: int, progress: float, top: float) -> float:
    """Linear warm-up over 100 steps, then a cosine from ``top`` down to 1 % of it as ``progress`` goes from 0 to 1."""
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return top * warm_up * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


class Trainer(Generic[BatchT]):
    """One run: the recipe's model, its moving average, the optimiser, and the steps done so far."""

    def __init__(self, recipe: Recipe[BatchT], run: Path) -> None:
        self.recipe = recipe
        self.run = run
        self.step = 0
        self.seconds = 0.0
        self.optimiser = torch.optim.Adam(recipe.model.parameters(), lr=recipe.options.learning_rate, fused=True)
        self.average: dict[str, Tensor] = {}

    def start(self) -> None:
        """Begin a new run."""
        self.recipe.prepare()
        self.begin_average()

    def begin_average(self) -> None:
        """Let the moving average begin at the model's present weights."""
        self.average = {name: value.clone() for name, value in self.recipe.model.state_dict().items()}

    def resume(self) -> None:
        """Continue the run's checkpoint: the steps to come are those of a run that never stopped.

        That needs no random state: a batch depends on the seed and the step alone, and nothing else is drawn. A network
        that has grown parts keeps what the others have learnt; the optimiser then begins anew.

        Raises:
            CheckpointError: there is none, it is damaged, or it is of another network.
        """
        state = checkpoint.load(self.run)
        model = self.recipe.model
        try:
            grown = {name: value for name, value in model.state_dict().items() if name not in state["model"]}
            model.load_state_dict({**grown, **state["model"]})
            if not grown:
                self.optimiser.load_state_dict(state["optimiser"])
            self.average = {**{name: value.clone() for name, value in grown.items()}, **state["average"]}
            self.step, self.seconds = state["step"], state["seconds"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"the checkpoint in {self.run} is of a network of other sizes: resume it as it was"
            ) from error

    def save(self) -> None:
        """Write the run's checkpoint. Raises CheckpointError if that fails; the one before is then untouched."""
        checkpoint.save(
            self.run,
            {
                "options": self.recipe.options.as_dict(),
                "model": self.recipe.model.state_dict(),
                "average": self.average,
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
            },
        )

    @property
    def progress(self) -> float:
        """The part of the training that is done, from 0 to 1: of its steps, or of its minutes if those were given."""
        options = self.recipe.options
        if options.minutes is None:
            return min(1.0, self.step / options.steps)
        return min(1.0, self.seconds / (60 * options.minutes))

    def steps(self) -> Iterator[Step]:
        """Train until nothing is left to do, yielding after each step; the caller decides about saving and showing.

        Raises:
            TrainingError: the loss or its gradient is not finite; the weights of the step before are untouched.
        """
        options = self.recipe.options
        while self.progress < 1:
            began = time.perf_counter()
            rate = learning_rate_at(self.step, self.progress, options.learning_rate)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            terms = self.recipe.terms(self.recipe.batch(self.step, self.progress))
            objective = torch.stack([self.recipe.weights[name] * term for name, term in terms.items()]).sum()
            if not torch.isfinite(objective):
                raise self._diverged("loss", terms)
            self.optimiser.zero_grad()
            objective.backward()
            norm = nn.utils.clip_grad_norm_(self.recipe.model.parameters(), options.clip)
            if not torch.isfinite(norm):
                raise self._diverged("gradient", terms)
            self.optimiser.step()
            self.step += 1
            self._update_average(options.ema)
            took = time.perf_counter() - began
            self.seconds += took
            values = {name: term.item() for name, term in terms.items()}
            yield Step(self.step, values, objective.item(), rate, float(norm), took)

    def _diverged(self, what: str, terms: Mapping[str, Tensor]) -> TrainingError:
        found = ", ".join(f"{name} {term.item():.3g}" for name, term in terms.items())
        return TrainingError(
            f"step {self.step + 1}: the {what} is not finite ({found}); train with a lower learning rate, from the "
            "last checkpoint on or anew"
        )

    @torch.no_grad()
    def _update_average(self, decay: float) -> None:
        # A short memory at first, or the average would remember the random start.
        decay = min(decay, (1 + self.step) / (10 + self.step))
        for name, value in self.recipe.model.state_dict().items():
            self.average[name].lerp_(value, 1 - decay)


def trained_model(state: Mapping[str, Any], model: ModelT) -> ModelT:
    """Give ``model`` the averaged weights of a checkpoint's state, ready to paint."""
    model.load_state_dict(state["average"])
    return model.eval()
