"""Training by several processes, on one machine or many, through Hugging Face accelerate.

Each takes its share of every batch, and after the backward pass gradients are averaged; so the step is that of one
process with the joint batch. ``torchrun`` starts them, and says so in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from impasto.errors import MissingExtra, TrainingError

__all__ = ["ALONE", "Alone", "Processes", "Together", "processes_here"]


class Processes(Protocol):
    """The processes that train one run, seen from one of them."""

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files."""

    def share(self, batch: Any) -> Any:
        """This process's part of a batch, a dataclass whose arrays and lists have an entry a picture."""

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their mean over the processes."""

    def mean(self, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The terms' means over the processes, without gradients."""

    def any(self, *, wanted: bool) -> bool:
        """Whether at least one of the processes wants it."""


class Alone:
    """A single process."""

    first = True

    def share(self, batch: Any) -> Any:
        return batch

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing to do."""

    def mean(self, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: term.detach() for name, term in terms.items()}

    def any(self, *, wanted: bool) -> bool:
        return wanted


ALONE = Alone()


class Together:
    """One of several processes.

    Args:
        device: where each of them computes.

    Raises:
        MissingExtra: accelerate is not installed.
    """

    def __init__(self, device: torch.device) -> None:
        try:
            from accelerate import Accelerator
        except ImportError as error:
            raise MissingExtra("train", "training with several processes") from error
        self._accelerator: Any = Accelerator(cpu=device.type == "cpu")
        self._rank: int = self._accelerator.process_index
        self._count: int = self._accelerator.num_processes

    @property
    def first(self) -> bool:
        return self._rank == 0

    def share(self, batch: Any) -> Any:
        parts = {}
        for field in fields(batch):
            value = getattr(batch, field.name)
            if isinstance(value, (np.ndarray, list)):
                if len(value) % self._count:
                    raise TrainingError(
                        f"a batch of {len(value)} cannot be shared by {self._count} processes: give a multiple of it"
                    )
                size = len(value) // self._count
                parts[field.name] = value[self._rank * size : (self._rank + 1) * size]
        return replace(batch, **parts)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        gradients = [one.grad for one in parameters if one.grad is not None]
        if not gradients:
            return
        # One message costs less than hundreds.
        flat = self._accelerator.reduce(torch.cat([one.flatten() for one in gradients]), "mean")
        for gradient, mean in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def mean(self, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
        means = self._accelerator.reduce(torch.stack([term.detach() for term in terms.values()]), "mean")
        return dict(zip(terms, means.unbind(), strict=True))

    def any(self, *, wanted: bool) -> bool:
        return bool(self._accelerator.reduce(torch.tensor(float(wanted), device=self._accelerator.device), "sum") > 0)


def processes_here(device: torch.device) -> Processes:
    """What the launcher's environment says: this process alone, or one of several."""
    return Together(device) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else ALONE
