"""Studies on trained networks: what a choice of the literature does to networks that are otherwise trained alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from impasto.image.sheet import labelled_grid
from impasto.studies.figure import CELL, plot_curves, stacked
from impasto.studies.findings import Findings, Pixels, Row
from impasto.studies.workshop import Trained, Variant, Workshop, smoothed

__all__ = [
    "amount",
    "clipping",
    "encoder_norm",
    "norm",
    "progress_by_steps",
    "strength",
    "style_distance",
    "style_weight",
    "upsampling",
]

# Half of the widths that the papers have, so that a study takes minutes; both learn at rates for short runs.
JOHNSON: Mapping[str, Any] = {"width": 16}
ADAIN: Mapping[str, Any] = {"width": 32, "learning_rate": 1e-3, "decay": "cosine"}
AMOUNTS = (30, 300, 1000)
STRENGTHS = (0.0, 0.1, 0.5, 0.9, 1.0)
PARTS = (1 / 8, 1 / 4, 1 / 2, 1)
EQUAL = "Every network begins at the same seed and sees the same draws for the same number of steps."


def norm(lab: Workshop) -> Findings:
    """Instance against batch normalisation, in Johnson's network."""
    return _compare(
        lab,
        "normalisation",
        [Variant(kind, "johnson", {**JOHNSON, "norm": kind}) for kind in ("instance", "batch")],
        "Johnson's network at half its width, one style, with instance or with batch normalisation.",
    )


def upsampling(lab: Workshop) -> Findings:
    """Enlarging and a convolution against a transposed one, in Johnson's network."""
    return _compare(
        lab,
        "enlarging",
        [Variant(kind, "johnson", {**JOHNSON, "upsampling": kind}) for kind in ("nearest", "transposed")],
        "Johnson's network at half its width, one style; transposed convolutions can leave a pattern of two pixels.",
    )


def clipping(lab: Workshop) -> Findings:
    """No clipping, the global norm, every parameter's."""
    changes: dict[str, dict[str, Any]] = {
        "none": {"clip": 0.0},
        "all together, 5": {"clip": 5.0},
        "each, 1": {"clip": 1.0, "clip_each": True},
    }
    return _compare(
        lab,
        "clipping",
        [Variant(label, "adain", {**ADAIN, **change}) for label, change in changes.items()],
        "AdaIN's decoder at half its width, learning rate 0.001: gradients as they come, clipped to a norm of 5 over",
        "all parameters, or to a norm of 1 each.",
    )


def amount(lab: Workshop) -> Findings:
    """Few pictures against many."""
    counts = [count for count in AMOUNTS if count < len(lab.photos)]
    variants = [Variant(f"{count}", "adain", ADAIN, limit=count) for count in counts]
    everything = f"{len(lab.photos)} and {len(lab.artworks)}"
    return _compare(
        lab,
        "pictures",
        [*variants, Variant(everything, "adain", ADAIN)],
        "AdaIN's decoder at half its width, trained on the first so many photos and as many artworks, or on all. The",
        "pairs that are painted are not among them.",
    )


def style_weight(lab: Workshop) -> Findings:
    """The weight of the style loss."""
    weights = (1.0, 5.0, 25.0)
    return _compare(
        lab,
        "style weight",
        [
            Variant(f"{weight:g}", "johnson", {**JOHNSON, "style_weight": weight, "gram_weight": 0.4 * weight})
            for weight in weights
        ],
        "Johnson's network at half its width, one style; content weighs 1, Gram 0.4 times what style does. Objectives",
        "of different weights cannot be compared.",
    )


def encoder_norm(lab: Workshop) -> Findings:
    """AdaIN's encoder with and without batch normalisation."""
    return _compare(
        lab,
        "encoder",
        [Variant(kind, "adain", {**ADAIN, "encoder_norm": kind}) for kind in ("none", "batch")],
        "AdaIN's decoder at half its width; the encoder is VGG-19 as it is, or with a batch normalisation after every",
        "convolution, which is trained as well.",
    )


def style_distance(lab: Workshop) -> Findings:
    """Squared or rooted, averaged or summed."""
    # Each weight makes the terms about as large as the first's at the start, as far as that can be said.
    changes: dict[str, dict[str, Any]] = {
        "squared, mean": {"style_weight": 10.0},
        "rooted, mean": {"style_distance": "rooted", "style_weight": 10.0},
        "squared, sum": {"style_maps": "sum", "style_weight": 0.04},
        "rooted, sum": {"style_distance": "rooted", "style_maps": "sum", "style_weight": 0.6},
    }
    return _compare(
        lab,
        "distance",
        [Variant(label, "adain", {**ADAIN, **change}) for label, change in changes.items()],
        "AdaIN's decoder at half its width; differences of means and deviations squared or their root, averaged over a",
        "layer's maps or summed. Objectives of different losses cannot be compared.",
    )


def progress_by_steps(lab: Workshop) -> Findings:
    """Pastiche, identity and reconstruction by steps."""
    from impasto.studies.measures import psnr, ssim

    (trained,) = lab.train([Variant("AdaIN", "adain", {**ADAIN, "identity_weight": 50.0})], keep=PARTS)
    steps = sorted(trained.kept)
    rows: list[Row] = []
    grid: list[list[Pixels]] = []
    for step in steps:
        painted = [(trained.paint(photo.pixels, style.pixels, step), photo, style) for photo, style in lab.samples]
        own = [trained.paint(photo.pixels, photo.pixels, step) for photo, _ in lab.samples]
        arts = [trained.paint(style.pixels, style.pixels, step) for _, style in lab.samples]
        rows.append(
            {
                "step": step,
                **lab.mean_figures(painted),
                "identity, photo: SSIM": _mean(
                    ssim(one, photo.pixels) for one, (photo, _) in zip(own, lab.samples, strict=True)
                ),
                "identity, artwork: SSIM": _mean(
                    ssim(one, style.pixels) for one, (_, style) in zip(arts, lab.samples, strict=True)
                ),
                "reconstruction, PSNR dB": _mean(
                    psnr(one, photo.pixels) for one, (photo, _) in zip(own, lab.samples, strict=True)
                ),
            }
        )
        grid.append([*(one for one, _, _ in painted), own[0]])
    columns = [*(f"{photo.name}, {style.name}" for photo, style in lab.samples), "identity"]
    return Findings(
        rows,
        stacked(labelled_grid([str(step) for step in steps], columns, grid, side=CELL), _curves([trained])),
        [
            "AdaIN's decoder at half its width. Identity: photo and style are one picture, which a network that has",
            "learnt its trade returns; for a photo that is the reconstruction of its own features. Lower is better but",
            "for SSIM and PSNR.",
        ],
        {"terms": {name: smoothed(values)[1] for name, values in trained.terms.items()}},
    )


def strength(lab: Workshop) -> Findings:
    """How much of the style: between the photo's own code and the style's."""
    (trained,) = lab.train([Variant("AdaIN", "adain", ADAIN)])
    grid = [
        [trained.paint(photo.pixels, style.pixels, share=share) for share in STRENGTHS] for photo, style in lab.samples
    ]
    rows: list[Row] = [
        {
            "photo": photo.name,
            "style": style.name,
            "strength": share,
            **lab.mean_figures([(painted, photo, style)]),
        }
        for (photo, style), line in zip(lab.samples, grid, strict=True)
        for share, painted in zip(STRENGTHS, line, strict=True)
    ]
    return Findings(
        rows,
        labelled_grid(
            [f"{photo.name}, {style.name}" for photo, style in lab.samples],
            [f"{share:g}" for share in STRENGTHS],
            grid,
            side=CELL,
        ),
        [
            "AdaIN's decoder at half its width; the statistics that are given to the photo's features lie between its",
            "own (0) and the style's (1): equation 14 of the paper. Lower is better but for SSIM.",
        ],
    )


def _compare(lab: Workshop, what: str, variants: Sequence[Variant], *notes: str) -> Findings:
    """Train the variants; a column each, their losses below."""
    trained = lab.train(variants)
    pairs = lab.one_style if variants[0].family == "johnson" else lab.samples
    painted = [[one.paint(photo.pixels, style.pixels) for photo, style in pairs] for one in trained]
    rows: list[Row] = [
        {
            what: one.variant.label,
            "steps": one.steps,
            "processor s": one.seconds,
            "largest gradient": max(one.terms["gradient"]),
            "objective, last tenth": _mean(one.terms["objective"][-max(1, one.steps // 10) :]),
            **lab.mean_figures([(picture, *pair) for picture, pair in zip(pictures, pairs, strict=True)]),
        }
        for one, pictures in zip(trained, painted, strict=True)
    ]
    names = [f"{photo.name}, {style.name}" for photo, style in pairs]
    grid = [list(row) for row in zip(*painted, strict=True)]
    return Findings(
        rows,
        stacked(labelled_grid(names, [one.label for one in variants], grid, side=CELL), _curves(trained)),
        [*notes, EQUAL, "Figures are means over the pairs that are shown; lower is better but for SSIM."],
        {
            "curves": [
                {"variant": one.variant.label, **{name: smoothed(values)[1] for name, values in one.terms.items()}}
                for one in trained
            ]
        },
    )


def _curves(trained: Sequence[Trained]) -> Pixels:
    """The style loss over the steps, and dashed the content loss."""
    style = {f"{one.variant.label}: style": smoothed(one.terms["style"]) for one in trained}
    content = {f"{one.variant.label}: content": smoothed(one.terms["content"]) for one in trained}
    return plot_curves({**style, **content}, x="step", y="loss on the training's crops", dashed=list(content))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
