"""Many photos on a Ray cluster: workers on any machines that see the same files.

Each worker is an actor with a model of its own and paints on one thread, as each of the local executor's streams does,
so that on equal processors the files are equal too. A worker that dies is replaced and its photo given to another.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from impasto.batch.job import Job, Outcome
from impasto.batch.photo import Recipe, attempt, load_stylizer
from impasto.errors import EngineError, ImageError, MissingExtra
from impasto.image.io import read_picture

__all__ = ["run_ray"]

TRIES = 3  # at one photo: one that kills its workers would otherwise kill them all


def run_ray(jobs: Iterable[Job], recipe: Recipe, *, workers: int | None = None) -> Iterator[Outcome]:
    """Paint photos on a Ray cluster; outcomes come as they are ready, one for each job.

    The cluster is the one already connected to, else that of ``RAY_ADDRESS``, else one is started on this machine.

    Args:
        jobs: files by paths that every machine of the cluster understands; relative ones are made absolute here.
        recipe: how to paint.
        workers: one for each processor of the cluster unless given.

    Raises:
        MissingExtra: Ray is not installed.
        EngineError: the cluster cannot be reached, or no worker can load the model.
    """
    try:
        import ray
    except ImportError:
        raise MissingExtra("ray", "painting on a Ray cluster") from None
    ours = not ray.is_initialized()
    if ours:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise EngineError(f"cannot reach or start a Ray cluster: {error}") from error
    try:
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        pool = _Pool(ray, recipe)
        try:
            yield from pool.run(jobs, count)
        finally:
            pool.close()
    finally:
        if ours:
            ray.shutdown()


class _Worker:
    """Lives in a process of its own, which loads the model once."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._stylizer = load_stylizer(recipe.options, streams=1, shapes=recipe.shapes)

    def paint(self, job: Job, tries: int) -> Outcome:
        if tries > 1 and not self._recipe.overwrite and job.target is not None and job.target.exists():
            # Files appear whole or not at all: the worker that died had painted it, and only could not say so.
            height, width = read_picture(job.target).pixels.shape[:2]
            return Outcome(job, "painted", width, height)
        return attempt(job, self._recipe, self._stylizer)


class _Pool:
    """Workers that wait for a photo, and those that have one."""

    def __init__(self, ray: Any, recipe: Recipe) -> None:
        self._ray = ray
        self._actor = ray.remote(num_cpus=1, max_restarts=0)(_Worker)
        self._recipe = ray.put(recipe)
        self._free: list[Any] = []
        self.running: dict[Any, tuple[Job, int, Any]] = {}  # by promise: the job, which try it is, and its worker

    def run(self, jobs: Iterable[Job], count: int) -> Iterator[Outcome]:
        """Paint with ``count`` workers; a job that lost its worker is begun again at once."""
        waiting = iter(jobs)
        while True:
            for job in islice(waiting, count - len(self.running)):
                self._begin(job, 1)
            if not self.running:
                return
            (promise,), _ = self._ray.wait(list(self.running))
            job, tries, worker = self.running.pop(promise)
            try:
                outcome: Outcome = self._ray.get(promise)
            except self._ray.exceptions.RayError as error:
                self._ray.kill(worker)
                if tries < TRIES:
                    self._begin(job, tries + 1)
                    continue
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                yield Outcome(job, "failed", error=ImageError(f"{TRIES} workers died while they painted it ({reason})"))
                continue
            self._free.append(worker)
            yield replace(outcome, job=job)

    def close(self) -> None:
        """End all workers, at work or not."""
        for worker in [*self._free, *(worker for _, _, worker in self.running.values())]:
            self._ray.kill(worker)

    def _begin(self, job: Job, tries: int) -> None:
        worker = self._free.pop() if self._free else self._actor.remote(self._recipe)
        self.running[worker.paint.remote(_absolute(job), tries)] = (job, tries, worker)


def _absolute(job: Job) -> Job:
    return Job(job.source and job.source.absolute(), job.target and job.target.absolute())
