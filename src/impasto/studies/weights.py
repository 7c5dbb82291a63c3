"""What the weights of content, style and total variation do."""

from __future__ import annotations

from itertools import product

from impasto.image.sheet import labelled_grid
from impasto.studies.figure import CELL
from impasto.studies.findings import Findings, Row
from impasto.studies.laboratory import Job, Laboratory

__all__ = ["weights"]

STYLE_WEIGHTS = (1.0, 10.0, 100.0, 1000.0)  # content has the weight 1
TV_WEIGHTS = (0.0, 10.0, 100.0)


def weights(lab: Laboratory) -> Findings:
    """A grid of content : style : total variation."""
    jobs = [
        Job(
            f"1 : {style_weight:g} : {tv_weight:g}",
            content,
            style,
            lab.settings(scales=True, style_weight=style_weight, tv_weight=tv_weight),
        )
        for (content, style), style_weight, tv_weight in product(lab.pairs, STYLE_WEIGHTS, TV_WEIGHTS)
    ]
    painted = lab.paint(jobs)
    rows: list[Row] = [
        {
            "photo": one.job.content.name,
            "style": one.job.style.name,
            "content : style : TV": one.job.what,
            "steps": one.steps,
            "processor s": one.seconds,
            **lab.figures(one),
        }
        for one in painted
    ]
    grid = [
        [one.picture for one in painted[start : start + len(TV_WEIGHTS)]]
        for start in range(0, len(painted), len(TV_WEIGHTS))
    ]
    names = [
        f"1 : {style_weight:g}" if len(lab.pairs) == 1 else f"{content.name} 1 : {style_weight:g}"
        for (content, _), style_weight in product(lab.pairs, STYLE_WEIGHTS)
    ]
    return Findings(
        rows,
        labelled_grid(names, [f"TV {weight:g}" for weight in TV_WEIGHTS], grid, side=CELL),
        [
            "Rows are content : style, columns the weight of total variation (squared differences of neighbours).",
            "The weights are of normalised losses: content is 1 for a grey picture, style 1 for the photo.",
            "Lower is better but for SSIM.",
        ],
    )
