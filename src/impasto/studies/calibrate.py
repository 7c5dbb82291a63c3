"""Weights for style layers from how hard each is to satisfy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from impasto.image.sheet import labelled_grid
from impasto.studies.figure import CELL, plot_curves, stacked
from impasto.studies.findings import Findings, Row
from impasto.studies.laboratory import Job, Laboratory, Painted

__all__ = ["calibrate"]

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
LOSS = "gram"


def calibrate(lab: Laboratory) -> Findings:
    """Each layer alone, then all with equal weights, then all with weights of 1/residual."""
    layers = lab.layers(LAYERS, lab.styles)
    alone = lab.paint(
        [
            Job(
                layer,
                content,
                style,
                lab.settings(content_layer=(layer,), content_weight=0.0, style_layer=(layer,), unbalanced=True),
            )
            for content, style in lab.pairs
            for layer in layers
        ],
        part=(0.0, 0.5),
    )
    residuals = {layer: _mean([one.trace[-1]["terms"][_term(layer)] for one in _of(alone, layer)]) for layer in layers}
    weights = {layer: 1 / max(residual, 1e-12) for layer, residual in residuals.items()}
    configuration = [f"{layer}={weight:.4g}" for layer, weight in weights.items()]
    together = lab.paint(
        [
            Job(what, content, style, lab.settings(style_layer=chosen))
            for content, style in lab.pairs
            for what, chosen in (("equal weights", tuple(layers)), ("1/residual", tuple(configuration)))
        ],
        part=(0.5, 1.0),
    )
    equal, weighted = _of(together, "equal weights"), _of(together, "1/residual")
    rows: list[Row] = [
        {
            "layer": layer,
            "loss of the photo": _mean([one.trace[0]["terms"][_term(layer)] for one in _of(alone, layer)]),
            "residual, alone": residuals[layer],
            "weight, 1/residual": weights[layer],
            "end, equal weights": _mean([one.trace[-1]["terms"][_term(layer)] for one in equal]),
            "share, equal weights": _share(equal, layer, layers),
            "end, 1/residual": _mean([one.trace[-1]["terms"][_term(layer)] for one in weighted]),
            "share, 1/residual": _share(weighted, layer, layers),
        }
        for layer in layers
    ]
    columns = [*layers, "equal weights", "1/residual"]
    grid = [
        [
            *(_of(alone, layer)[number].picture for layer in layers),
            equal[number].picture,
            weighted[number].picture,
        ]
        for number in range(len(lab.pairs))
    ]
    curves = {f"{layer}, {what}": one.curve(_term(layer)) for what, one in _first(together) for layer in layers}
    names = [f"{content.name} · {style.name}" for content, style in lab.pairs]
    return Findings(
        rows,
        stacked(
            labelled_grid(names, columns, grid, side=CELL),
            plot_curves(
                curves,
                x="step",
                y="relative Gram loss of the layer",
                dashed=[label for label in curves if label.endswith("1/residual")],
            ),
        ),
        [
            f"Beginning with the photo, the relative Gram loss of each layer alone was lowered for {alone[0].steps}",
            "steps; the residual is what was left, the weight its inverse. Then all layers were painted together with",
            "content, with equal weights and with these. A share is the layer's part of the weighted style loss at the",
            "end. Over several pairs losses are geometric means. To paint with the weights:",
            f"`{_flags(configuration)}`.",
        ],
        {
            "style_layer": configuration,
            "curves": {label: {"steps": steps, "losses": values} for label, (steps, values) in curves.items()},
        },
    )


def _of(paintings: Sequence[Painted], what: str) -> list[Painted]:
    """Those of one kind, in the order of the pairs."""
    return [one for one in paintings if one.job.what == what]


def _term(layer: str) -> str:
    return f"{LOSS} {layer}"


def _first(together: Sequence[Painted]) -> list[tuple[str, Painted]]:
    return [(one.job.what, one) for one in together[:2]]


def _share(paintings: Sequence[Painted], layer: str, layers: Sequence[str]) -> float:
    def part(one: Painted, name: str) -> Any:
        return one.weights[_term(name)] * one.trace[-1]["terms"][_term(name)]

    shares = [part(one, layer) / sum(part(one, other) for other in layers) for one in paintings]
    return math.fsum(shares) / len(shares)


def _mean(values: Sequence[float]) -> float:
    return math.exp(math.fsum(math.log(max(value, 1e-12)) for value in values) / len(values))


def _flags(configuration: Sequence[str]) -> str:
    return " ".join(f"--style-layer {entry}" for entry in configuration)
