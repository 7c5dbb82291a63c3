"""The training loop: read top to bottom. A recipe says what is trained and by which losses; the loop does the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from impasto.errors import CheckpointError, TrainingError
from impasto.training import checkpoint
from impasto.training.optimisation import clip_gradients, learning_rate_at, make_optimiser
from impasto.training.processes import ALONE, Processes
from impasto.training.recipe import Recipe
from impasto.training.validation import Validation

BatchT = TypeVar("BatchT")
ModelT = TypeVar("ModelT", bound=nn.Module)


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
    validation: float | None = None
    """The objective on the validation photos, where it was just measured."""


class Trainer(Generic[BatchT]):
    """One run: the recipe's model, its moving average, the optimiser, and the steps done so far.

    Args:
        validation: what is measured every ``validation_steps``, and may end the run early.
        processes: those that share each batch.
    """

    def __init__(
        self,
        recipe: Recipe[BatchT],
        run: Path,
        validation: Validation[BatchT] | None = None,
        processes: Processes = ALONE,
    ) -> None:
        self.recipe = recipe
        self.run = run
        self.validation = validation
        self.processes = processes
        self.step = 0
        self.seconds = 0.0
        self.optimiser = make_optimiser(recipe.options, recipe.model.parameters())
        self.average: dict[str, Tensor] = {}

    def start(self, begin: Callable[[Recipe[BatchT]], None] | None = None) -> None:
        """Begin a new run.

        Args:
            begin: gives the recipe's model weights that are not random, once it is prepared.
        """
        self.recipe.prepare()
        if begin is not None:
            begin(self.recipe)
        self._begin_average()

    def _begin_average(self) -> None:
        """Let the moving average begin at the model's present weights."""
        self.average = {name: value.clone() for name, value in self.recipe.model.state_dict().items()}

    def resume(self) -> None:
        """Continue the run's checkpoint: the steps to come are those of a run that never stopped.

        That needs no random state: a batch depends on the seed and the step alone, and so does what else is drawn
        during a step. A network that has grown parts keeps what the others have learnt; the optimiser then begins anew.

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
            self._begin_average()
            for name, value in state["average"].items():
                self.average[name].copy_(value)
            self.step, self.seconds = state["step"], state["seconds"]
            if self.validation is not None and "best" in state:
                self.validation.load_state_dict(state["best"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"the checkpoint in {self.run} is of a network of other sizes: resume it as it was"
            ) from error

    def save(self) -> None:
        """Write the run's checkpoint. Raises CheckpointError if that fails; the one before is then untouched."""
        best = {} if self.validation is None else {"best": self.validation.state_dict()}
        checkpoint.save(
            self.run,
            {
                "recipe": self.recipe.name,
                "options": self.recipe.options.as_dict(),
                "notes": dict(self.recipe.notes),
                "model": self.recipe.model.state_dict(),
                "average": self.average,
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                **best,
            },
        )

    @property
    def progress(self) -> float:
        """The part of the training that is done, from 0 to 1: of its steps, or of its minutes if those were given.

        All of it once the validation loss has not improved for long enough.
        """
        options = self.recipe.options
        if self.validation is not None and self.validation.exhausted:
            return 1.0
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
            rate = learning_rate_at(options, self.step, self.progress)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            terms = self._terms()
            own = self._weighted(terms)
            terms = self.processes.mean(terms)
            objective = self._weighted(terms)
            if not torch.isfinite(objective):
                raise self._diverged("loss", terms)
            self.optimiser.zero_grad()
            own.backward()
            self.processes.average(self.recipe.model.parameters())
            norm = clip_gradients(options, self.recipe.model.parameters())
            if not torch.isfinite(norm):
                raise self._diverged("gradient", terms)
            self.optimiser.step()
            self.step += 1
            self._update_average(options.ema)
            took = time.perf_counter() - began
            self.seconds += took
            values = {name: term.item() for name, term in terms.items()}
            yield Step(self.step, values, objective.item(), rate, float(norm), took, self._validate())

    def _weighted(self, terms: Mapping[str, Tensor]) -> Tensor:
        return torch.stack([self.recipe.weights[name] * term for name, term in terms.items()]).sum()

    def _terms(self) -> dict[str, Tensor]:
        batch = self.processes.share(self.recipe.batch(self.step, self.progress))
        with torch.random.fork_rng(devices=[]):
            # What a network draws, as dropout does, depends on the step alone: so a resumed run draws the same.
            torch.manual_seed(self.recipe.options.seed * 1_000_003 + self.step)
            return self.recipe.terms(batch)

    def _validate(self) -> float | None:
        if self.validation is None or self.step % self.recipe.options.validation_steps:
            return None
        return self.validation.measure(self.recipe, self.average, self.step)

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
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)
            else:  # batch normalisation counts its batches
                self.average[name].copy_(value)


def trained_model(state: dict[str, Any], model: ModelT) -> ModelT:
    """Give ``model`` what a checkpoint's run has learnt, ready to paint."""
    model.load_state_dict(checkpoint.trained_weights(state))
    return model.eval()
