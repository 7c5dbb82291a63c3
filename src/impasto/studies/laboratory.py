"""Where studies paint: pictures, a network that is loaded once, equal shares of time, one neutral measure.

Torch is imported by the methods that need it, so that the catalogue of studies can be listed without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from impasto.errors import ImageError
from impasto.optimize.options import OptimizeOptions
from impasto.studies.findings import Pixels
from impasto.studies.options import StudyOptions

if TYPE_CHECKING:
    from impasto.nn.loss_networks import LossNetwork
    from impasto.optimize.painting import Painting
    from impasto.studies.measures import Measures

__all__ = ["Cost", "Job", "Laboratory", "Painted", "Progress", "Sample"]

PROBE = 3  # steps at each scale; the first prepares the targets, the quicker of the others tells what a step costs


class Sample(NamedTuple):
    """A picture and what to call it."""

    name: str
    pixels: Pixels
    """uint8 h×w×3, sRGB."""


class Progress(NamedTuple):
    """How far a study is."""

    doing: str
    """The painting at work, in a few words."""
    done: float
    """Of the whole study, from 0 to 1."""


class Cost(NamedTuple):
    """What a painting costs, in seconds of processor time."""

    opening: float
    """Before the first step, at all scales together."""
    step: float
    """Of one step, as an average over the scales."""

    def steps_in(self, seconds: float) -> int:
        """How many steps fit; at least one."""
        return max(1, round((seconds - self.opening) / self.step))


@dataclass(frozen=True, eq=False)
class Job:
    """One painting of a study."""

    what: str
    """What sets it apart from the study's others; paintings of one ``what`` cost the same."""
    content: Sample
    style: Sample
    options: OptimizeOptions
    """``steps`` may be changed to what the time allows."""
    start: Pixels | None = None
    smoothing: bool = True
    """Of the activations of EfficientNet-Lite0."""


@dataclass(frozen=True, eq=False)
class Painted:
    """A painting that is done."""

    job: Job
    picture: Pixels
    trace: list[dict[str, Any]]
    """As :attr:`impasto.optimize.Painting.trace`, each record with ``processor``: seconds of processor time so far."""
    weights: dict[str, float]
    """What every term was multiplied by at the last scale."""
    kept: dict[int, Pixels] = field(default_factory=dict)
    """Pictures at the steps that were asked for."""

    @property
    def steps(self) -> int:
        """Steps done."""
        return int(self.trace[-1]["step"])

    @property
    def seconds(self) -> float:
        """Processor time of painting, of all threads together."""
        return float(self.trace[-1]["processor"])

    def curve(self, term: str = "objective", over: str = "step") -> tuple[list[float], list[float]]:
        """A term, before its weight, or the objective, over the steps or over ``processor``."""
        values = [record["terms"][term] if term in record["terms"] else record[term] for record in self.trace]
        return [record[over] for record in self.trace], values


class Laboratory:
    """What a study works with.

    Args:
        contents, styles: the pictures; a study takes those it needs.
        options: sizes, steps, network.
        steps: the study's own number of steps, if the options give none.
        start: the default model's pastiche of a photo and a style, for studies that begin with it.
        progress: told how far the study is, many times a second.
    """

    def __init__(
        self,
        contents: Sequence[Sample],
        styles: Sequence[Sample],
        options: StudyOptions,
        *,
        steps: int,
        start: Callable[[Pixels, Pixels], Pixels] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.contents, self.styles, self.options, self.start = contents, styles, options, start
        self.steps = options.steps or steps
        self._progress = progress or (lambda _: None)
        self._networks: dict[tuple[str, bool], LossNetwork] = {}
        self._costs: dict[str, Cost] = {}

    @property
    def pairs(self) -> list[tuple[Sample, Sample]]:
        """Each photo with a style: as many as there are of the more numerous, the others taken in turns."""
        count = max(len(self.contents), len(self.styles))
        return [(self.contents[i % len(self.contents)], self.styles[i % len(self.styles)]) for i in range(count)]

    def settings(self, *, scales: bool = False, **changes: Any) -> OptimizeOptions:
        """Options of a painting: the study's, with changes; one scale unless several are asked for."""
        given = self.options
        first_size = min(given.size, OptimizeOptions().first_size) if scales else given.size
        settings = OptimizeOptions(
            size=given.size,
            first_size=max(16, first_size),
            steps=self.steps,
            network=given.network,
            weights=given.weights,
            fetch=given.fetch,
            precision=given.precision,
            seed=given.seed,
        )
        return replace(settings, **changes)

    def layers(self, usual: Sequence[str], seen: Sequence[Sample]) -> list[str]:
        """The layers to look at: those asked for, else the usual ones, else the network's own style layers.

        Args:
            usual: the study's own, of which those are taken that the network has.
            seen: the pictures that the layers will look at.

        Raises:
            UnknownName: the network has no layer of that name.
            ImageError: a layer sees more than the whole of a picture that was given.
        """
        network = self.network(self.settings())
        chosen = list(self.options.layer) or [layer for layer in usual if layer in network.layers]
        chosen = chosen or list(network.style_layers)
        for layer in chosen:
            sees = network.receptive_field_of(layer)
            for sample in seen:
                height, width = sample.pixels.shape[:2]
                if min(height, width) < sees:
                    raise ImageError(
                        f"{sample.name} has {width}×{height} pixels, but {layer} sees squares of {sees}: give a larger "
                        "picture, or earlier layers with --layer"
                    )
        return chosen

    def network(self, options: OptimizeOptions, *, smoothing: bool = True) -> LossNetwork:
        """The network that the options name, loaded once.

        Raises:
            UnknownName, WeightsError: there is none of that name, or its weights are missing or damaged.
        """
        from impasto.optimize.painting import load_network

        key = options.network, smoothing
        if key not in self._networks:
            network = load_network(options)
            if not smoothing:
                network.smoothing = False  # type: ignore[attr-defined]  # EfficientNet-Lite0's, no other's
            self._networks[key] = network
        return self._networks[key]

    def paint(
        self,
        jobs: Sequence[Job],
        *,
        equal_time: bool = False,
        keep: Sequence[float] = (),
        part: tuple[float, float] = (0.0, 1.0),
    ) -> list[Painted]:
        """Paint one after the other.

        Args:
            jobs: the paintings.
            equal_time: give each the steps that take as much processor time as the first job's; otherwise each takes
                its own number. Where the options give minutes, each gets an equal share of them in any case.
            keep: parts of the painting, from 0 to 1, whose pictures are kept as well.
            part: of the study that these jobs are.
        """
        begin, end = part

        budget = None
        if self.options.minutes is not None:
            budget = 60 * self.options.minutes * (end - begin) / len(jobs)
        elif equal_time:
            first = self._cost(jobs[0])
            budget = first.opening + jobs[0].options.steps * first.step
        painted = []
        for number, job in enumerate(jobs):
            steps = job.options.steps if budget is None else self._cost(job).steps_in(budget)
            planned = replace(job, options=replace(job.options, steps=steps))
            share = (end - begin) / len(jobs)
            painted.append(self._paint(planned, begin + number * share, share, keep))
        return painted

    @cached_property
    def measures(self) -> Measures:
        """The neutral measures, on a VGG-19 of their own in full precision."""
        from impasto.studies.measures import Measures

        return Measures()

    def figures(self, painted: Painted) -> dict[str, float]:
        """Content, style, Gram and SSIM of a painting, for its row of the table."""
        return self.mean_figures([(painted.picture, painted.job.content, painted.job.style)])

    def mean_figures(self, painted: Sequence[tuple[Pixels, Sample, Sample]]) -> dict[str, float]:
        """The means over pictures, each painted of a photo and a style, of content, style, Gram and SSIM."""
        from impasto.metrics.stylization import mean

        found = mean([self.measures.compare(picture, photo.pixels, style.pixels) for picture, photo, style in painted])
        return {"content loss": found.content, "style loss": found.style, "Gram loss": found.gram, "SSIM": found.ssim}

    def _paint(self, job: Job, done: float, share: float, keep: Sequence[float]) -> Painted:
        words = f"{job.what}, {job.content.name}"
        wanted = {round(part * job.options.steps) for part in keep}
        kept, processor = {}, []
        self.network(job.options, smoothing=job.smoothing)  # whose loading is not the first painting's work
        began = time.process_time()
        painting = self._open(job)
        for iterate in painting.iterates():
            processor.append(time.process_time() - began)
            if iterate.step in wanted:
                kept[iterate.step] = painting.picture
            self._progress(Progress(words, done + share * iterate.progress))
            weights = iterate.weights
        trace = [{**record, "processor": seconds} for record, seconds in zip(painting.trace, processor, strict=True)]
        return Painted(job, painting.picture, trace, dict(weights), kept)

    def _cost(self, job: Job) -> Cost:
        """What a painting costs, measured on a short one through all its scales.

        Not reckoned from the number of pixels: losses that draw cost the same at every scale.
        """
        if job.what not in self._costs:
            self._progress(Progress(f"{job.what}: what does a step cost?", 0.0))
            self.network(job.options, smoothing=job.smoothing)
            scales = len(job.options.sizes())
            seconds: list[list[float]] = [[] for _ in range(scales)]
            before = time.process_time()
            short = replace(job, options=replace(job.options, steps=PROBE * scales))
            for iterate in self._open(short).iterates():
                seconds[iterate.scale].append(time.process_time() - before)
                before = time.process_time()
            seconds[-1].pop()  # the last iterate is only measured, not moved
            steps = [min(of_scale[1:]) for of_scale in seconds]
            opening = sum(of_scale[0] - step for of_scale, step in zip(seconds, steps, strict=True))
            self._costs[job.what] = Cost(max(opening, 0.0), max(sum(steps) / scales, 1e-6))
        return self._costs[job.what]

    def _open(self, job: Job) -> Painting:
        from impasto.optimize.painting import Painting

        network = self.network(job.options, smoothing=job.smoothing)
        return Painting(job.content.pixels, [job.style.pixels], job.options, start=job.start, network=network)
