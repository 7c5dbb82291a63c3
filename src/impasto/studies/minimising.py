"""How a picture is minimised: where it begins, and what moves the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impasto.image.sheet import labelled_grid
from impasto.studies.figure import CELL, plot_curves, stacked
from impasto.studies.findings import Findings, Pixels, Row
from impasto.studies.laboratory import Job, Laboratory, Painted

__all__ = ["init", "optimizer"]

STARTS = ("noise", "black", "photo")
EARLY = 0.1  # of the steps
ADAM_RATES = (0.005, 0.02, 0.05)


def init(lab: Laboratory) -> Findings:
    """The same objective from noise, from black, from the photo and from the default model's pastiche."""
    starts: dict[str, dict[str, Any]] = {name: {"init": name} for name in STARTS}
    if lab.start is not None:
        starts["model"] = {"init": "model"}
    jobs = [
        Job(name, content, style, lab.settings(**changes), start=_start(lab, name, content.pixels, style.pixels))
        for content, style in lab.pairs
        for name, changes in starts.items()
    ]
    painted = lab.paint(jobs, keep=(EARLY,))
    rows: list[Row] = []
    for number, one in enumerate(painted):
        first = number - number % len(starts)
        photo = painted[first + list(starts).index("photo")]
        rows.append(
            {
                "photo": one.job.content.name,
                "style": one.job.style.name,
                "start": one.job.what,
                "steps": one.steps,
                "objective, start": one.trace[0]["objective"],
                "a tenth": one.trace[_early(one)]["objective"],
                "end": one.trace[-1]["objective"],
                "steps to the photo's end": _reached(one, photo.trace[-1]["objective"]),
                **lab.figures(one),
            }
        )
    return Findings(
        rows,
        stacked(_grid(painted, len(starts)), _plot(painted[: len(starts)], over="step", x="step")),
        [
            "One objective, one scale, L-BFGS; only the first picture differs. Above: the pictures after a tenth of",
            "the steps and at the end. The plot shows the first pair. The steps to the photo's end are those to the",
            "objective that painting from the photo reached at its end. Content, style, Gram: lower is better.",
        ],
        _curves(painted),
    )


def optimizer(lab: Laboratory) -> Findings:
    """L-BFGS and Adam with three learning rates, all with the same number of evaluations."""
    choices: dict[str, dict[str, Any]] = {"L-BFGS": {"optimizer": "lbfgs"}}
    choices |= {f"Adam {rate:g}": {"optimizer": "adam", "learning_rate": rate} for rate in ADAM_RATES}
    jobs = [
        Job(name, content, style, lab.settings(**changes))
        for content, style in lab.pairs
        for name, changes in choices.items()
    ]
    painted = lab.paint(jobs, keep=(EARLY,))
    lbfgs = [painted[number - number % len(choices)] for number in range(len(painted))]
    rows: list[Row] = [
        {
            "photo": one.job.content.name,
            "style": one.job.style.name,
            "optimiser": one.job.what,
            "steps": one.steps,
            "processor s": one.seconds,
            "objective, start": one.trace[0]["objective"],
            "a tenth": one.trace[_early(one)]["objective"],
            "half": one.trace[one.steps // 2]["objective"],
            "end": one.trace[-1]["objective"],
            "steps to L-BFGS's half": _reached(one, its.trace[its.steps // 2]["objective"]),
            **lab.figures(one),
        }
        for one, its in zip(painted, lbfgs, strict=True)
    ]
    return Findings(
        rows,
        stacked(
            _grid(painted, len(choices)), _plot(painted[: len(choices)], over="processor", x="processor time, seconds")
        ),
        [
            "One objective, one scale, beginning with the photo. A step of either optimiser is one evaluation of the",
            "loss and its gradient, so equal numbers of steps are equal work; the processor seconds show it. Above:",
            "the pictures after a tenth of the steps and at the end. The plot shows the first pair. Adam's picture is",
            "the average of its iterates (decay 0.9), its objective the iterate's own. Content, style, Gram: lower is",
            "better.",
        ],
        _curves(painted),
    )


def _start(lab: Laboratory, name: str, photo: Pixels, style: Pixels) -> Pixels | None:
    return lab.start(photo, style) if name == "model" and lab.start is not None else None


def _early(one: Painted) -> int:
    return round(EARLY * one.steps)


def _reached(one: Painted, objective: float) -> int | None:
    """The first step whose objective is no higher."""
    return next((int(record["step"]) for record in one.trace if record["objective"] <= objective), None)


def _grid(painted: Sequence[Painted], columns: int) -> Pixels:
    """Two rows a pair: early and at the end."""
    rows: dict[str, list[Pixels]] = {}
    for start in range(0, len(painted), columns):
        of_pair = painted[start : start + columns]
        early, end = _early(of_pair[0]), of_pair[0].steps
        prefix = f"{of_pair[0].job.content.name}, " if len(painted) > columns else ""
        rows[f"{prefix}step {early} of {end}"] = [one.kept[_early(one)] for one in of_pair]
        rows[f"{prefix}end"] = [one.picture for one in of_pair]
    return labelled_grid(list(rows), [one.job.what for one in painted[:columns]], list(rows.values()), side=CELL)


def _plot(painted: Sequence[Painted], *, over: str, x: str) -> Pixels:
    return plot_curves({one.job.what: one.curve(over=over) for one in painted}, x=x, y="objective")


def _curves(painted: Sequence[Painted]) -> dict[str, Any]:
    return {
        "curves": [
            {
                "photo": one.job.content.name,
                "style": one.job.style.name,
                "what": one.job.what,
                "objective": one.curve()[1],
                "processor": one.curve(over="processor")[0],
            }
            for one in painted
        ]
    }
