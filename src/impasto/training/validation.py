"""Early stopping: the loss on photos that are not trained on, and the weights that were best on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from impasto.training.recipe import Recipe

__all__ = ["Validation"]

BatchT = TypeVar("BatchT")


class Validation(Generic[BatchT]):
    """Measures a recipe's objective on fixed batches and remembers the best weights.

    Args:
        batches: the data, the same at every measurement.
        patience: how many measurements in a row may bring no new best before :attr:`exhausted`; 0 for any number.
    """

    def __init__(self, batches: Sequence[BatchT], patience: int) -> None:
        self._batches = batches
        self._patience = patience
        self._best: dict[str, Tensor] = {}
        self._best_step = 0
        self._best_loss = math.inf
        self._waited = 0

    @property
    def exhausted(self) -> bool:
        """Whether training should end."""
        return bool(self._patience) and self._waited >= self._patience

    def measure(self, recipe: Recipe[BatchT], weights: Mapping[str, Tensor], step: int) -> float:
        """The mean weighted loss with the given weights; the recipe's model has its own again afterwards."""
        loss = self._loss(recipe, weights)
        if loss < self._best_loss:
            self._best_loss, self._best_step, self._waited = loss, step, 0
            self._best = {name: value.clone() for name, value in weights.items()}
        else:
            self._waited += 1
        return loss

    @torch.no_grad()
    def _loss(self, recipe: Recipe[BatchT], weights: Mapping[str, Tensor]) -> float:
        own = {name: value.clone() for name, value in recipe.model.state_dict().items()}
        recipe.model.load_state_dict(weights)
        recipe.model.eval()
        try:
            losses = [
                sum(recipe.weights[name] * term.item() for name, term in recipe.terms(batch).items())
                for batch in self._batches
            ]
        finally:
            recipe.model.load_state_dict(own)
            recipe.model.train()
        return math.fsum(losses) / len(losses)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps, to go on exactly: tensors and plain values."""
        return {"weights": self._best, "step": self._best_step, "loss": self._best_loss, "waited": self._waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._best, self._best_step = dict(state["weights"]), state["step"]
        self._best_loss, self._waited = state["loss"], state["waited"]
