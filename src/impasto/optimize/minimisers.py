"""What moves the pixels: L-BFGS and Adam, both within [0, 1], each one evaluation a step.

A minimiser takes a picture, its objective and its gradient, and gives the next picture. torch's own optimisers are not
used because pixels have bounds, a step may turn out to have been too long, and the state has to go to another scale.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["LBFGS", "MINIMISERS", "Adam", "Minimiser"]


class Minimiser(Protocol):
    """Pictures are 1 3 h w, float32, in [0, 1]."""

    def step(self, picture: Tensor, objective: float, gradient: Tensor) -> Tensor:
        """The next picture, a new tensor."""

    def rescale(self, height: int, width: int) -> None:
        """Carry the state to another size."""

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain values from which :meth:`load_state_dict` restores exactly this state."""

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class LBFGS:
    """Limited-memory BFGS (Nocedal & Wright, "Numerical Optimization", algorithm 7.4) without a line search.

    Departures, as one evaluation is dear: the whole quasi-Newton step is taken at once, no longer than ``LONGEST`` as a
    root mean square; if it made things much worse, the next step goes back three quarters of the way. Pixels at a bound
    whose gradient points outwards stay there, and the direction is found among the others. Only pairs of positive
    curvature are remembered (Li & Fukushima 2001), as a gradient in bfloat16 is noisy.

    At another scale the memory starts anew: its pairs lie on the old grid.
    """

    FIRST = 0.01  # root mean square of the first step, about 2.5 of 255 levels
    LONGEST = 0.1
    WORSE = 1.2  # times the objective before: then the step was too long

    def __init__(self, rate: float, history: int) -> None:
        self._rate, self._history = rate, history
        self._pairs: list[tuple[Tensor, Tensor]] = []
        self._last: tuple[Tensor, Tensor] | None = None
        self._objective, self._retreats = 0.0, 0

    def step(self, picture: Tensor, objective: float, gradient: Tensor) -> Tensor:
        x, g = picture.flatten(), gradient.flatten()
        if self._last is not None:
            last_x, last_g = self._last
            if objective > self.WORSE * self._objective and self._retreats < 4:
                self._retreats += 1
                self._pairs.clear()
                return last_x.lerp(x, 0.25).view_as(picture)
            self._remember(x - last_x, g - last_g)
        self._retreats = 0
        self._last, self._objective = (x, g), objective
        free = ~(((x <= 0) & (g > 0)) | ((x >= 1) & (g < 0)))
        step = self._rate * self._direction(g * free) * free
        length = step.square().mean().sqrt().item()
        limit = self.LONGEST if self._pairs else self.FIRST
        if length > limit or not self._pairs:
            step *= limit / max(length, 1e-30)
        return (x + step).clamp_(0, 1).view_as(picture)

    def rescale(self, height: int, width: int) -> None:  # noqa: ARG002 - the memory starts anew whatever the size
        self._pairs, self._last, self._retreats = [], None, 0

    def state_dict(self) -> dict[str, Any]:
        return {
            "pairs": list(self._pairs),
            "last": self._last,
            "objective": self._objective,
            "retreats": self._retreats,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._pairs, self._last = list(state["pairs"]), state["last"]
        self._objective, self._retreats = state["objective"], state["retreats"]

    def _remember(self, s: Tensor, y: Tensor) -> None:
        if s.dot(y) > 1e-6 * s.norm() * y.norm():
            self._pairs = [*self._pairs, (s, y)][-self._history :]

    def _direction(self, gradient: Tensor) -> Tensor:
        """−H g by two loops over the remembered pairs."""
        q = -gradient
        steps = []
        for s, y in reversed(self._pairs):
            rho = 1 / y.dot(s)
            alpha = rho * s.dot(q)
            steps.append((s, y, rho, alpha))
            q = q.sub_(alpha * y)
        if self._pairs:
            s, y = self._pairs[-1]
            q *= s.dot(y) / y.dot(y)
        for s, y, rho, alpha in reversed(steps):
            q = q.add_(s * (alpha - rho * y.dot(q)))
        return q


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1), clipped to [0, 1]; β = 0.9, 0.99 as in crowsonkb/style-transfer-pytorch.

    At another scale its moments are resampled, the first bicubically, the second bilinearly so that it stays positive.
    """

    BETAS = (0.9, 0.99)
    EPSILON = 1e-8

    def __init__(self, rate: float, history: int = 0) -> None:  # noqa: ARG002 - both minimisers are made alike
        self._rate = rate
        self._steps = 0
        self._moments: tuple[Tensor, Tensor] | None = None

    def step(self, picture: Tensor, objective: float, gradient: Tensor) -> Tensor:  # noqa: ARG002 - see Minimiser
        first, second = self._moments or (torch.zeros_like(picture), torch.zeros_like(picture))
        self._steps += 1
        first = first.lerp(gradient, 1 - self.BETAS[0])
        second = second.lerp(gradient.square(), 1 - self.BETAS[1])
        self._moments = first, second
        mean, square = (
            moment / (1 - beta**self._steps) for moment, beta in zip(self._moments, self.BETAS, strict=True)
        )
        return (picture - self._rate * mean / (square.sqrt() + self.EPSILON)).clamp_(0, 1)

    def rescale(self, height: int, width: int) -> None:
        if self._moments is None:
            return
        first, second = self._moments
        self._moments = (
            F.interpolate(first, (height, width), mode="bicubic", align_corners=False),
            F.interpolate(second, (height, width), mode="bilinear", align_corners=False).clamp_min_(0),
        )

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self._steps, "moments": self._moments}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._steps = state["steps"]
        self._moments = state["moments"]


MINIMISERS: dict[str, type[LBFGS | Adam]] = {"lbfgs": LBFGS, "adam": Adam}
