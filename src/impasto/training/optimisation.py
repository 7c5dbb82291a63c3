"""What turns gradients into steps: the optimisers, their learning rates over time, and clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from impasto.training.loop_options import LoopOptions

__all__ = ["clip_gradients", "cosine_rate", "learning_rate_at", "make_optimiser"]

MOMENTUM = 0.9


def make_optimiser(options: LoopOptions, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimiser that the options name, of those parameters that are to be trained."""
    trained = [one for one in parameters if one.requires_grad]
    rate = options.learning_rate
    if options.optimiser == "sgd":
        return torch.optim.SGD(trained, lr=rate, momentum=MOMENTUM)
    kind = torch.optim.AdamW if options.optimiser == "adamw" else torch.optim.Adam
    return kind(trained, lr=rate, fused=True)


def learning_rate_at(options: LoopOptions, step: int, progress: float) -> float:
    """The learning rate of a step: a linear warm-up, then one of the decays.

    Cosine goes down to 1 % as ``progress`` goes from 0 to 1; inverse is AdaIN's 1/(1 + 5e-5·step) (Huang & Belongie
    2017, in their published code).
    """
    if options.decay == "cosine":
        return cosine_rate(options.learning_rate, options.warm_up, step, progress)
    rate = options.learning_rate * _warmth(options.warm_up, step)
    return rate if options.decay == "constant" else rate / (1 + options.decay_rate * step)


def cosine_rate(rate: float, warm_up: int, step: int, progress: float) -> float:
    """A linear warm-up over the first steps, then a cosine down to 1 % as ``progress`` goes from 0 to 1."""
    return rate * _warmth(warm_up, step) * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


def _warmth(warm_up: int, step: int) -> float:
    return min(1.0, (step + 1) / warm_up) if warm_up else 1.0


def clip_gradients(options: LoopOptions, parameters: Iterable[nn.Parameter]) -> Tensor:
    """Clip the gradients as the options say; the norm over all of them before that."""
    trained = [one for one in parameters if one.grad is not None]
    if options.clip_each and options.clip:
        norms = [nn.utils.clip_grad_norm_(one, options.clip) for one in trained]
        return torch.stack(norms).square().sum().sqrt()
    return nn.utils.clip_grad_norm_(trained, options.clip or math.inf)
