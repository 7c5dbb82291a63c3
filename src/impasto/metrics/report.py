"""What somebody's pastiches of every photo in every style amount to, in figures.

The figures are those of :mod:`impasto.metrics.stylization`. Who painted does not matter: a pastiche is whatever the
caller's function returns, so that a model of ours, a peer's program and a folder of files are measured alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from impasto.image.levels import Pixels
from impasto.metrics.stylization import Figures, Meter, figures, mean, ssim

__all__ = [
    "STRENGTHS",
    "Likeness",
    "Painter",
    "Pair",
    "Report",
    "Sample",
    "StrengthStep",
    "measure",
    "probe",
    "probe_steps",
]

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, eq=False)
class Sample:
    """A named photo or style picture: uint8, square, all of one size."""

    name: str
    pixels: Pixels


class Painter(Protocol):
    """What :func:`probe` asks of a model; :class:`impasto.Stylizer` is one."""

    def encode_style(self, picture: Pixels, /) -> Any:
        """The style code of a picture."""
        ...

    def stylize(self, content: Pixels, style: Any, /, *, strength: float = 1.0) -> Pixels:
        """The content painted with a style code, as large as the content."""
        ...


@dataclass(frozen=True)
class Pair:
    """The figures of one pastiche, and what the unpainted photo would score in its place."""

    photo: str
    style: str
    painted: Figures
    unpainted: Figures


@dataclass(frozen=True)
class Likeness:
    """SSIM with the original of pictures painted in their own style: their mean and the lowest."""

    mean: float
    lowest: float


@dataclass(frozen=True)
class StrengthStep:
    """Mean figures at one strength; style falls and SSIM falls as the strength grows, if it does what it says."""

    strength: float
    style: float
    ssim: float


@dataclass(frozen=True)
class Report:
    """All that was measured. ``identity`` and ``strengths`` need a model, so pastiches from files have neither."""

    pairs: tuple[Pair, ...]
    identity: Likeness | None = None
    strengths: tuple[StrengthStep, ...] = ()

    @property
    def painted(self) -> Figures:
        """Mean over all pairs."""
        return mean([pair.painted for pair in self.pairs])

    @property
    def unpainted(self) -> Figures:
        """Mean over all pairs of what the photo itself scores: the row to compare with."""
        return mean([pair.unpainted for pair in self.pairs])

    @property
    def by_style(self) -> dict[str, Figures]:
        return self._grouped(lambda pair: pair.style)

    @property
    def by_photo(self) -> dict[str, Figures]:
        return self._grouped(lambda pair: pair.photo)

    @property
    def monotonic(self) -> bool:
        """Every larger strength is closer to the style and farther from the photo."""
        steps = list(zip(self.strengths, self.strengths[1:], strict=False))
        return all(after.style < before.style and after.ssim < before.ssim for before, after in steps)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        facts: dict[str, Any] = {
            "mean": self.painted.as_dict(),
            "photo_itself": self.unpainted.as_dict(),
            "by_style": {name: found.as_dict() for name, found in self.by_style.items()},
            "by_photo": {name: found.as_dict() for name, found in self.by_photo.items()},
            "pairs": [
                {"photo": pair.photo, "style": pair.style, "figures": pair.painted.as_dict()} for pair in self.pairs
            ],
        }
        if self.identity is not None:
            facts["identity"] = {"ssim": self.identity.mean, "lowest_ssim": self.identity.lowest}
        if self.strengths:
            facts["strength"] = {
                "monotonic": self.monotonic,
                "steps": [
                    {"strength": step.strength, "style": step.style, "ssim": step.ssim} for step in self.strengths
                ],
            }
        return facts

    def _grouped(self, key: Callable[[Pair], str]) -> dict[str, Figures]:
        groups: dict[str, list[Figures]] = {}
        for pair in self.pairs:
            groups.setdefault(key(pair), []).append(pair.painted)
        return {name: mean(found) for name, found in groups.items()}


def measure(
    meter: Meter,
    photos: Sequence[Sample],
    styles: Sequence[Sample],
    pastiche: Callable[[Sample, Sample], Pixels],
) -> Iterator[Pair]:
    """Measure every photo in every style, style by style.

    The features of all photos are kept (at 512 px 13 MB each), those of a style only while it is its turn.

    Args:
        photos, styles: at least one each, all of one size.
        pastiche: the pastiche of a photo in a style, uint8 of the photo's size; called once for each pair.
    """
    known = [(photo, meter.features(photo.pixels)) for photo in photos]
    for style in styles:
        target = meter.features(style.pixels)
        for photo, features in known:
            yield Pair(
                photo=photo.name,
                style=style.name,
                painted=meter.compare(pastiche(photo, style), features, target),
                unpainted=figures(features, features, target),
            )


def probe(
    meter: Meter,
    photos: Sequence[Sample],
    styles: Sequence[Sample],
    painter: Painter,
    advance: Callable[[], None] = lambda: None,
) -> tuple[Likeness, tuple[StrengthStep, ...]]:
    """How a model behaves where the right answer is known: a picture in its own style, and growing strengths.

    Strengths are measured on as many pairs as there are photos or styles, whichever are more: the first photo in the
    first style, the second in the second, and so on around, so that each takes part and the cost stays small.

    Args:
        advance: called :func:`probe_steps` times, for a progress bar.
    """
    likenesses = []
    for sample in (*photos, *styles):
        own = painter.stylize(sample.pixels, painter.encode_style(sample.pixels))
        likenesses.append(ssim(own, sample.pixels))
        advance()
    found: dict[float, list[Figures]] = {strength: [] for strength in STRENGTHS}
    for index in range(max(len(photos), len(styles))):
        photo, style = photos[index % len(photos)], styles[index % len(styles)]
        features, target = meter.features(photo.pixels), meter.features(style.pixels)
        code = painter.encode_style(style.pixels)
        for strength in STRENGTHS:
            pastiche = painter.stylize(photo.pixels, code, strength=strength)
            found[strength].append(meter.compare(pastiche, features, target))
            advance()
    means = {strength: mean(figures_of_pairs) for strength, figures_of_pairs in found.items()}
    steps = tuple(StrengthStep(strength, one.style, one.ssim) for strength, one in means.items())
    return Likeness(float(np.mean(likenesses)), min(likenesses)), steps


def probe_steps(photos: int, styles: int) -> int:
    """How many pictures :func:`probe` paints."""
    return photos + styles + len(STRENGTHS) * max(photos, styles)
