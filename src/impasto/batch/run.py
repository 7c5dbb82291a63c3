"""A batch from beginning to end: what to leave out, who paints, and the record of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from impasto.batch.job import Job, Outcome
from impasto.batch.local import run_local
from impasto.batch.manifest import BatchManifest
from impasto.batch.photo import Recipe, attempt, load_stylizer
from impasto.batch.shapes import usual_shapes
from impasto.inference.stylizer import Stylizer
from impasto.options import BatchOptions

__all__ = ["run_batch"]

MOST_JOBS = 8  # unless more are asked for: each holds a photo and the memory to paint it


def run_batch(jobs: Sequence[Job], recipe: Recipe, options: BatchOptions, stylizer: Stylizer) -> Iterator[Outcome]:
    """Paint photos from file to file; a photo that cannot be painted is an outcome, and stops nothing.

    With equal options and processors the files are equal, byte for byte, whatever the executor, the number of jobs from
    two and the order of the photos. (A single job uses all threads for each photo, whose sums differ in the last bits.)

    Args:
        jobs: pairs of files, no target twice.
        recipe: how to paint.
        options: how many at once, where, and what to record.
        stylizer: paints if that is one photo after another; several at once need an engine opened for it.

    Yields:
        One outcome for each job, as it is ready.

    Raises:
        ImageError: the manifest cannot be read or written.
        MissingExtra, EngineError: the executor cannot be had.
    """
    manifest = None if options.manifest is None else BatchManifest(Path(options.manifest))
    for outcome in _outcomes(jobs, recipe, options, stylizer):
        if manifest is not None:
            manifest.add(outcome)
        yield outcome


def _outcomes(jobs: Sequence[Job], recipe: Recipe, options: BatchOptions, stylizer: Stylizer) -> Iterator[Outcome]:
    wanted = []
    for job in jobs:
        if options.skip_existing and job.target is not None and job.target.exists():
            yield Outcome(job, "skipped")
        else:
            wanted.append(job)
    if not wanted:
        return
    # By all jobs, not only those wanted, so that going on after a stop paints as the first run did.
    cores = recipe.options.threads or _cores()
    at_once = options.jobs or min(cores, MOST_JOBS, len(jobs))
    if options.executor == "ray" or at_once > 1:
        recipe = replace(recipe, shapes=usual_shapes(jobs, recipe.options))
    if options.executor == "ray":
        from impasto.batch.ray_workers import run_ray

        yield from run_ray(wanted, recipe, workers=options.jobs)
        return
    if at_once > 1:
        stylizer = load_stylizer(recipe.options, streams=min(at_once, cores), shapes=recipe.shapes)
    # While that many are painted, one more is read or written.
    yield from run_local(wanted, lambda job: attempt(job, recipe, stylizer), at_once=at_once + (at_once > 1))


def _cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
