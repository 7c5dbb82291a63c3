"""What all requests of one server process share: the model's facts, painters, styles, jobs, counters."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from impasto.serve.catalog import StyleCatalog
from impasto.serve.graphs import Graphs
from impasto.serve.job_runner import JobRunner
from impasto.serve.job_store import JobStore
from impasto.serve.metrics import Metrics
from impasto.serve.options import StudioOptions
from impasto.serve.own_styles import OwnStyles
from impasto.serve.painter import PainterSetup
from impasto.serve.pool import Pool
from impasto.serve.static_files import StaticFiles
from impasto.weights.catalog import find_model

__all__ = ["Client", "Studio", "TheStudio", "client_of", "studio_of"]

MOST_PAINTERS = 4
JOB_GRACE = 5.0  # seconds that running jobs are given to end when the server is stopped
MB = 2**20


class Studio:
    """Made once for each server process.

    Args:
        options: how it serves.
        folder: where clients' styles and jobs are kept; shared by the server processes of one machine.

    Raises:
        ImpastoError: the model cannot be found.
    """

    def __init__(self, options: StudioOptions, folder: Path) -> None:
        self.options = options
        self.manifest = find_model(options.model)
        kept = 60 * options.keep_minutes
        own = OwnStyles(self.manifest, folder / "styles", most=options.own_styles, seconds=kept)
        self.styles = StyleCatalog(self.manifest, own)
        self.graphs = Graphs(folder / "graphs")
        self.pool = Pool(
            PainterSetup(options, options.painter_mb * MB),
            count=options.painters or _painters(options.processes),
            queue=options.queue,
            seconds=options.patience,
        )
        self.metrics = Metrics()
        self.jobs = JobStore(
            folder / "jobs",
            most=options.jobs,
            most_per_client=options.jobs_per_client,
            seconds=kept,
            most_bytes=options.store_mb * MB,
        )
        self.runner = JobRunner(
            self.jobs,
            count=options.running_jobs,
            seconds=60 * options.job_minutes,
            memory=options.job_mb * MB,
            file=options.store_mb * MB,
            ended=lambda job: self.metrics.jobs.labels(job.kind, job.state).inc(),
        )
        self.files = StaticFiles()
        self.sockets: Counter[str] = Counter()
        self.followers = 0
        self.stopping, self.stopped = asyncio.Event(), asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    @property
    def max_pixels(self) -> int:
        """Of a picture that is painted at once."""
        return round(self.options.megapixels * 1e6)

    def at(self, path: str) -> str:
        """An address of the studio's own, where clients find it."""
        return f"{self.options.root_path}{path}"

    async def start(self) -> None:
        """Begin to start what paints."""
        self.pool.start()
        self.runner.start()
        self._ending = asyncio.create_task(self._end_jobs())

    async def stop(self) -> None:
        """End it; jobs that are nearly done are finished, others are reported."""
        self.stopping.set()
        if self._ending is not None:
            await self._ending
        await self.pool.close()

    async def _end_jobs(self) -> None:
        """At the first sign of the end, while those who follow a job can still be told."""
        await self.stopping.wait()
        await asyncio.to_thread(self.runner.stop, JOB_GRACE)
        self.stopped.set()

    def now(self) -> list[tuple[str, float]]:
        """What goes up and down, for :meth:`impasto.serve.metrics.Metrics.text`."""
        pool = self.pool
        return [
            ("painters_ready", pool.ready),
            ("painters_busy", pool.busy),
            ("painters_replaced", pool.replaced),
            ("painters_renewed", pool.renewed),
            ("waiting", pool.waiting),
            ("sockets", self.sockets.total()),
            ("jobs_open", self.jobs.count_open()),
        ]


def studio_of(connection: HTTPConnection) -> Studio:
    """The studio that serves a request."""
    found: Studio = connection.app.state.studio
    return found


def client_of(connection: HTTPConnection) -> str:
    """What tells one client from another: its address."""
    return connection.client.host if connection.client else "unknown"


TheStudio = Annotated[Studio, Depends(studio_of)]
Client = Annotated[str, Depends(client_of)]


def _painters(processes: int) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST_PAINTERS) // processes)
