"""What style is compared with: every loss of the catalogue, and every loss network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from impasto.errors import WeightsError
from impasto.image.sheet import labelled_grid
from impasto.studies.figure import CELL, beside
from impasto.studies.findings import Findings, Pixels, Row
from impasto.studies.laboratory import Job, Laboratory, Painted

__all__ = ["losses", "network"]

ADVERSARIAL = "adversarial"
ROWS = 8  # more of them make two blocks
# Name of the variant: the network, and whether its activations are smoothed.
NETWORKS = {
    "vgg19": ("vgg19", True),
    "vgg16": ("vgg16", True),
    "efficientnet, smoothed": ("efficientnet-lite0", True),
    "efficientnet, plain": ("efficientnet-lite0", False),
}


def losses(lab: Laboratory) -> Findings:
    """Every style loss for as much processor time as Gram's steps take, measured by what none of them minimised."""
    from impasto.losses.catalog import STYLE_LOSSES

    names = [*STYLE_LOSSES, ADVERSARIAL]
    jobs = [
        Job(name, content, style, lab.settings(scales=True, style_loss=(name,), **_optimizer(name)))
        for content, style in lab.pairs
        for name in names
    ]
    painted = lab.paint(jobs, equal_time=True)
    return Findings(
        _rows(lab, painted, "loss"),
        _by_choice(lab, painted, names),
        [
            f"Content and one style loss, 1 : 10, coarse to fine, for as much processor time as {lab.steps} steps of",
            "gram; costs are measured beforehand. All but adversarial, which changes at every step and is",
            "given to Adam, are minimised by L-BFGS. The figures are those of all our tables, measured at the size of",
            "the paintings; lower is better but for SSIM. Mind that gram and moments are what two of them measure.",
        ],
    )


def network(lab: Laboratory) -> Findings:
    """One objective on the features of each loss network whose weights are there."""
    found, absent = [], []
    for name, (key, smoothing) in NETWORKS.items():
        settings = lab.settings(scales=True, network=key, weights=_weights(lab, key))
        try:
            lab.network(settings, smoothing=smoothing)
        except WeightsError as error:
            absent.append(f"{name} is left out: {error}")
            continue
        found.append((name, settings, smoothing))
    jobs = [
        Job(name, content, style, settings, smoothing=smoothing)
        for content, style in lab.pairs
        for name, settings, smoothing in found
    ]
    painted = lab.paint(jobs)
    return Findings(
        _rows(lab, painted, "network"),
        _by_choice(lab, painted, [name for name, _, _ in found]),
        [
            "Content and relative Gram loss, 1 : 10, at each network's own layers, the same number of steps, coarse to",
            "fine. The figures are those of all our tables, measured at the size of the paintings; lower is better but",
            "for SSIM. Mind that they look through VGG-19, which favours it.",
            *absent,
        ],
    )


def _optimizer(loss: str) -> dict[str, Any]:
    return {"optimizer": "adam"} if loss == ADVERSARIAL else {}


def _weights(lab: Laboratory, key: str) -> str | None:
    """A file that was given is of the network that was named with it."""
    return lab.options.weights if key == lab.options.network else None


def _rows(lab: Laboratory, painted: Sequence[Painted], what: str) -> list[Row]:
    return [
        {
            "photo": one.job.content.name,
            "style": one.job.style.name,
            what: one.job.what,
            "steps": one.steps,
            "processor s": one.seconds,
            **lab.figures(one),
        }
        for one in painted
    ]


def _by_choice(lab: Laboratory, painted: Sequence[Painted], names: Sequence[str]) -> Pixels:
    """A row a choice, a column a pair; many choices go in two blocks, as a page is not that high."""
    count, pairs = len(names), range(len(lab.pairs))
    grid = [[painted[pair * count + row].picture for pair in pairs] for row in range(count)]
    height, side = (count, CELL) if count <= ROWS else (math.ceil(count / 2), CELL * 3 // 4)
    columns = [content.name for content, _ in lab.pairs]
    return beside(
        *(
            labelled_grid(names[start : start + height], columns, grid[start : start + height], side=side)
            for start in range(0, count, height)
        )
    )
