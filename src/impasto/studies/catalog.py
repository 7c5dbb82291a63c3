"""The studies by name, and running one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from impasto.errors import UnknownName, UsageError
from impasto.studies.calibrate import calibrate
from impasto.studies.choices import losses, network
from impasto.studies.findings import Findings, Pixels
from impasto.studies.laboratory import Laboratory, Progress, Sample
from impasto.studies.layers import layers_content, layers_style
from impasto.studies.minimising import init, optimizer
from impasto.studies.options import StudyOptions
from impasto.studies.trained import (
    amount,
    clipping,
    encoder_norm,
    norm,
    progress_by_steps,
    strength,
    style_distance,
    style_weight,
    upsampling,
)
from impasto.studies.weights import weights
from impasto.studies.workshop import Workshop

__all__ = ["STUDIES", "Study", "find_study", "run_study"]


@dataclass(frozen=True)
class Study:
    """One experiment.

    Attributes:
        summary: one line for people who choose; the title of its page.
        source: where the literature does it.
        run: does it.
        steps: of each painting, unless told otherwise; with them a study takes minutes at 256².
        photos, styles: whether it needs at least one.
        trains: whether it trains networks, for which it needs folders of pictures.
    """

    summary: str
    source: str
    run: Callable[[Any], Findings]
    steps: int
    photos: bool = True
    styles: bool = True
    trains: bool = False


STUDIES: dict[str, Study] = {
    "layers-style": Study(
        "What each layer holds of a style",
        "Gatys et al. 2015, “Texture Synthesis Using Convolutional Neural Networks”; Gatys et al. 2016, fig. 1",
        layers_style,
        150,
        photos=False,
    ),
    "layers-content": Study(
        "What each layer holds of a photo",
        "Mahendran & Vedaldi 2015; Gatys et al. 2016, fig. 1",
        layers_content,
        150,
        styles=False,
    ),
    "calibrate": Study(
        "Style layers' weights from what remains of each alone",
        "the weights w_l of Gatys et al. 2016, eq. 5",
        calibrate,
        60,
    ),
    "weights": Study("What the weights of content, style and smoothness do", "Gatys et al. 2016, fig. 4", weights, 80),
    "init": Study("What the first picture does", "Gatys et al. 2016, fig. 6", init, 200),
    "optimizer": Study(
        "L-BFGS and Adam with equal work", "Gatys et al. 2016, section 2 (L-BFGS); Kingma & Ba 2015", optimizer, 200
    ),
    "losses": Study("Every style loss at equal time", "the sources of each loss: docs/losses.md", losses, 60),
    "network": Study("The choice of the loss network", "Wang, Li & Vasconcelos 2021 (SWAG)", network, 100),
    "norm": Study("Instance against batch normalisation", "Ulyanov, Vedaldi & Lempitsky 2016", norm, 300, trains=True),
    "upsampling": Study(
        "Upsampling against transposed convolution", "Odena, Dumoulin & Olah 2016", upsampling, 300, trains=True
    ),
    "clipping": Study("With and without gradient clipping", "Pascanu et al. 2013", clipping, 300, trains=True),
    "amount": Study("Few photos against many", "Johnson et al. 2016 (80,000 photos)", amount, 300, trains=True),
    "style-weight": Study("The weight of style, trained", "Johnson et al. 2016", style_weight, 300, trains=True),
    "encoder-norm": Study(
        "An encoder with and without batch normalisation", "Huang & Belongie 2017", encoder_norm, 300, trains=True
    ),
    "style-distance": Study(
        "Style loss squared or rooted, averaged or summed",
        "Huang & Belongie 2017, eq. 13, and the published code",
        style_distance,
        300,
        trains=True,
    ),
    "progress": Study(
        "What a network can do by steps: pastiche, identity, reconstruction",
        "Park & Lee 2019 (identity)",
        progress_by_steps,
        800,
        trains=True,
    ),
    "strength": Study("How much of the style", "Huang & Belongie 2017, eq. 14", strength, 600, trains=True),
}


def find_study(name: str) -> Study:
    """The study of that name.

    Raises:
        UnknownName: there is none; near misses are suggested.
    """
    if name not in STUDIES:
        raise UnknownName("study", name, STUDIES, "run 'impasto study --list' to list them")
    return STUDIES[name]


def run_study(
    name: str,
    contents: Mapping[str, Pixels],
    styles: Mapping[str, Pixels],
    options: StudyOptions | None = None,
    *,
    start: Callable[[Pixels, Pixels], Pixels] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Findings:
    """Run one of :data:`STUDIES`; it takes minutes.

    Args:
        name: of the study.
        contents, styles: pictures by name, uint8 h×w×3 of any sizes. Where there are more of one kind, those of the
            other are taken in turns. Of a kind that the study does not need, none are looked at.
        options: sizes, steps, network.
        start: makes a pastiche of a photo and a style, with which ``init`` begins as well if it is given.
        progress: told how far the study is, at every step.

    Raises:
        UnknownName: there is no study, network or layer of that name.
        UsageError: a picture is missing that the study needs.
        ImageError: a picture is no uint8 h×w×3, or too small for a layer.
        WeightsError: the network's weights are missing or damaged.
        TrainingError: a folder to train on holds no usable picture, or a loss is not finite.
    """
    study = find_study(name)
    for needed, given, noun in ((study.photos, contents, "photo"), (study.styles, styles, "style picture")):
        if needed and not given:
            raise UsageError(f"the study {name} has no {noun}, expected at least one")
    lab = (Workshop if study.trains else Laboratory)(
        [Sample(*one) for one in contents.items()] if study.photos else [],
        [Sample(*one) for one in styles.items()] if study.styles else [],
        options or StudyOptions(),
        steps=study.steps,
        start=start,
        progress=progress,
    )
    return study.run(lab)
