"""Studies on trained networks: what a choice of the literature does to networks that are otherwise trained alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
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

# Half of the widths that the papers have, so that a study takes minutes; both learn at rates for short runs. Without
# reconstruction at first, all that AdaIN's decoder paints in so few steps is mud.
SHORT: dict[str, Mapping[str, Any]] = {
    "johnson": {"width": 16},
    "adain": {"width": 32, "learning_rate": 1e-3, "decay": "cosine", "reconstruction_steps": 150},
}
WHOSE = {"johnson": "Johnson's network of one style", "adain": "AdaIN's decoder"}
AMOUNTS = (30, 500)
STRENGTHS = (0.0, 0.1, 0.5, 0.9, 1.0)
PARTS = (1 / 8, 1 / 4, 1 / 2, 1)
INCOMPARABLE = "Objectives of different losses or weights cannot be compared."
EQUAL = "Every network begins at the same seed and sees the same draws for the same number of steps."


@dataclass(frozen=True)
class Comparison:
    """A study of one family's networks, trained alike but for a choice."""

    what: str
    """What is chosen; the first column of the table."""
    family: str
    choices: Mapping[str, Mapping[str, Any]]
    """The options that each label stands for."""
    notes: Sequence[str]
    """Sentences for the page, after what network it is."""

    def __call__(self, lab: Workshop) -> Findings:
        variants = [Variant(label, self.family, changes) for label, changes in self.choices.items()]
        return _compare(lab, self.what, variants, self.notes)


norm = Comparison(
    "normalisation",
    "johnson",
    {kind: {"norm": kind} for kind in ("instance", "batch")},
    ["instance or batch normalisation after every convolution."],
)
upsampling = Comparison(
    "enlarging",
    "johnson",
    {kind: {"upsampling": kind} for kind in ("nearest", "transposed")},
    ["repeated pixels and a convolution, or a transposed one, which can leave a pattern of two pixels."],
)
clipping = Comparison(
    "clipping",
    "adain",
    {
        "none": {"clip": 0.0},
        "all together, 5": {"clip": 5.0},
        "each, 1": {"clip": 1.0, "clip_each": True},
    },
    ["gradients as they come, clipped to a norm of 5 over all parameters, or to a norm of 1 each."],
)
style_weight = Comparison(
    "style weight",
    "johnson",
    {f"{weight:g}": {"style_weight": weight, "gram_weight": 0.4 * weight} for weight in (1.0, 5.0, 25.0)},
    ["content weighs 2.5 at each of two layers, Gram 0.4 times what style does.", INCOMPARABLE],
)
encoder_norm = Comparison(
    "encoder",
    "adain",
    {kind: {"encoder_norm": kind} for kind in ("none", "batch")},
    ["its encoder is VGG-19 as it is, or with a batch normalisation after every convolution, trained as well."],
)
# Each weight makes the terms about as large as the first's at the start, as far as that can be said.
style_distance = Comparison(
    "distance",
    "adain",
    {
        "squared, mean": {"style_weight": 10.0},
        "rooted, mean": {"style_distance": "rooted", "style_weight": 10.0},
        "squared, sum": {"style_maps": "sum", "style_weight": 0.04},
        "rooted, sum": {"style_distance": "rooted", "style_maps": "sum", "style_weight": 0.6},
    },
    [
        "differences of means and deviations squared or their root, averaged over a layer's maps or summed.",
        INCOMPARABLE,
    ],
)


def amount(lab: Workshop) -> Findings:
    """Few photos against many."""
    counts = [count for count in AMOUNTS if count < len(lab.photos)]
    everything = f"{len(lab.photos)}"
    variants = [*(Variant(f"{count}", "johnson", limit=count) for count in counts), Variant(everything, "johnson")]
    notes = ["trained on the first so many photos, or on all; painted are others."]
    return _compare(lab, "pictures", variants, notes)


def progress_by_steps(lab: Workshop) -> Findings:
    """Pastiche, identity and reconstruction by steps."""
    from impasto.studies.measures import psnr, ssim

    (trained,) = lab.train([Variant("AdaIN", "adain", {**_short(lab, "adain"), "identity_weight": 50.0})], keep=PARTS)
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
                "identity, photo: SSIM": fmean(
                    ssim(one, photo.pixels) for one, (photo, _) in zip(own, lab.samples, strict=True)
                ),
                "identity, artwork: SSIM": fmean(
                    ssim(one, style.pixels) for one, (_, style) in zip(arts, lab.samples, strict=True)
                ),
                "reconstruction, PSNR dB": fmean(
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
            f"{_whose(lab, 'adain')}. Identity: photo and style are one picture, which a network that has",
            "learnt its trade returns; for a photo that is the reconstruction of its own features. Lower is better but",
            "for SSIM and PSNR.",
        ],
        {"terms": {name: smoothed(values)[1] for name, values in trained.terms.items()}},
    )


def strength(lab: Workshop) -> Findings:
    """How much of the style: between the photo's own code and the style's."""
    (trained,) = lab.train([Variant("AdaIN", "adain", _short(lab, "adain"))])
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
            f"{_whose(lab, 'adain')}; the statistics that are given to the photo's features lie between its",
            "own (0) and the style's (1): equation 14 of the paper. Lower is better but for SSIM.",
        ],
    )


def _compare(lab: Workshop, what: str, variants: Sequence[Variant], notes: Sequence[str]) -> Findings:
    """Train the variants of one family for a short time; a column each, their losses below."""
    family = variants[0].family
    trained = lab.train([replace(one, changes={**_short(lab, family), **one.changes}) for one in variants])
    pairs = lab.one_style if family == "johnson" else lab.samples
    painted = [[one.paint(photo.pixels, style.pixels) for photo, style in pairs] for one in trained]
    rows: list[Row] = [
        {
            what: one.variant.label,
            "steps": one.steps,
            "processor s": one.seconds,
            "largest gradient": max(one.terms["gradient"]),
            "objective, last tenth": fmean(one.terms["objective"][-max(1, one.steps // 10) :]),
            **lab.mean_figures([(picture, *pair) for picture, pair in zip(pictures, pairs, strict=True)]),
        }
        for one, pictures in zip(trained, painted, strict=True)
    ]
    names = [f"{photo.name}, {style.name}" for photo, style in pairs]
    grid = [list(row) for row in zip(*painted, strict=True)]
    return Findings(
        rows,
        stacked(labelled_grid(names, [one.label for one in variants], grid, side=CELL), _curves(trained)),
        [
            f"{_whose(lab, family)}:",
            *notes,
            EQUAL,
            "Figures are means over the pairs that are shown; lower is better but for SSIM.",
        ],
        {
            "curves": [
                {"variant": one.variant.label, **{name: smoothed(values)[1] for name, values in one.terms.items()}}
                for one in trained
            ]
        },
    )


def _short(lab: Workshop, family: str) -> Mapping[str, Any]:
    return {} if lab.begins(family) else SHORT[family]


def _whose(lab: Workshop, family: str) -> str:
    return f"{WHOSE[family]}, which {'a run had begun' if lab.begins(family) else 'has half of its width here'}"


def _curves(trained: Sequence[Trained]) -> Pixels:
    """The style loss over the steps, and dashed the content loss."""
    style = {f"{one.variant.label}: style": smoothed(one.terms["style"]) for one in trained}
    content = {f"{one.variant.label}: content": smoothed(one.terms["content"]) for one in trained}
    return plot_curves({**style, **content}, x="step", y="loss on the training's crops", dashed=list(content))
