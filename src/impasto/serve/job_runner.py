"""Jobs one after the other, each in a process of its own, which may die: then the job is tried once more."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from impasto.errors import EngineError, ImpastoError
from impasto.serve.child import settle_in
from impasto.serve.errors import sentence_of
from impasto.serve.job_store import JobRecord, JobStore
from impasto.serve.works import Result, Work

__all__ = ["JobRunner"]

logger = logging.getLogger(__name__)

TRIES = 2
LOOK_SECONDS = 0.2  # between two looks for a word to cancel
TELL_SECONDS = 0.25  # between two records
NICENESS = 5  # jobs are in less of a hurry than whoever waits before a page
DEADLY = "two processes died of this job, so it is given up; is the file damaged?"
STOPPED = "the server was stopped before the job was done; send it again"


class JobRunner:
    """Runs jobs of one server process.

    Args:
        store: where they are recorded.
        count: jobs at the same time.
        seconds: that one may take.
        memory, file: bytes of memory and of one file that a job's process may take.
        ended: called with each job that ended.
    """

    def __init__(
        self,
        store: JobStore,
        *,
        count: int,
        seconds: float,
        memory: int,
        file: int,
        ended: Callable[[JobRecord], None] = lambda _: None,
    ) -> None:
        self._store, self._seconds, self._bounds, self._ended = store, seconds, (memory, file), ended
        self._waiting: queue.SimpleQueue[tuple[JobRecord, Work] | None] = queue.SimpleQueue()
        self._stopping, self._given_up = threading.Event(), threading.Event()
        self._processes: set[Any] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True, name=f"job-{n}") for n in range(count)]

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes at work."""
        return [process.pid for process in list(self._processes)]

    def start(self) -> None:
        """Begin to run what is given."""
        for thread in self._threads:
            thread.start()

    def give(self, job: JobRecord, work: Work) -> None:
        """Run a job when its turn comes."""
        self._waiting.put((job, work))

    def stop(self, grace: float) -> None:
        """Finish what runs if it takes no longer than ``grace`` seconds; report the rest as failed."""
        self._stopping.set()
        for _ in self._threads:
            self._waiting.put(None)
        until = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._given_up.set()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (given := self._waiting.get()) is not None:
            job, work = given
            try:
                ended = self._run(job, work)
            except Exception:
                logger.exception("the job %s failed", job.id)
                ended = replace(job, state="failed", error="something went wrong inside; the server's log says more")
            ended = replace(ended, eta_seconds=None)
            self._store.write(ended)
            self._store.drop_inputs(ended)
            self._ended(ended)

    def _run(self, job: JobRecord, work: Work) -> JobRecord:
        if self._store.is_cancelled(job.id):
            return replace(job, state="cancelled", message="cancelled")
        if self._stopping.is_set():
            return replace(job, state="failed", error=STOPPED, interrupted=True)
        job = replace(job, state="running", message="starting")
        for attempt in range(TRIES):
            run = _Run(job, self._store, work, self._bounds, again=attempt > 0)
            self._processes.add(run.process)
            try:
                job = run.follow(time.monotonic() + self._seconds, self._given_up.is_set)
            finally:
                run.end()
                self._processes.discard(run.process)
            if job.ended:
                return job
            logger.warning("the process of the job %s died", job.id)
            job = replace(job, message="its process died; it is tried once more")
            self._store.write(job)
        return replace(
            job, state="failed", error="two processes died of this job, so it is given up; is the file damaged?"
        )


class _Run:
    """One attempt at a job."""

    def __init__(self, job: JobRecord, store: JobStore, work: Work, bounds: tuple[int, int], *, again: bool) -> None:
        self._job, self._store = job, store
        self._begun = self._told = time.monotonic()
        self._from = job.progress if again else 0.0
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe(duplex=False)
        self.process = context.Process(
            target=_work, args=(theirs, store.folder(job.id), work, bounds, again), name="impasto-job", daemon=True
        )
        self.process.start()
        theirs.close()
        store.write(job)

    def follow(self, until: float, given_up: Callable[[], bool]) -> JobRecord:
        """Record what the process tells; the job as it is in the end, not ended if the process died."""
        while True:
            try:
                if self._pipe.poll(LOOK_SECONDS):
                    what, found = self._pipe.recv()
                    if what != "progress":
                        return self._outcome(what, found)
                    self._progress(*found)
            except (EOFError, OSError):
                return self._job
            if self._store.is_cancelled(self._job.id):
                return replace(self._job, state="cancelled", message="cancelled")
            if given_up():
                return replace(self._job, state="failed", error=STOPPED, interrupted=True)
            if time.monotonic() > until:
                return replace(self._job, state="failed", error="the job took longer than is allowed; make it smaller")

    def end(self) -> None:
        """End the process if it has not ended."""
        self.process.kill()
        self.process.join()
        self._pipe.close()

    def _outcome(self, what: str, found: Any) -> JobRecord:
        if what == "failed":
            return replace(self._job, state="failed", error=str(found))
        assert isinstance(found, Result)
        return replace(
            self._job,
            state="done",
            progress=1.0,
            message=found.message or "done",
            result=found.file,
            media_type=found.media_type,
        )

    def _progress(self, progress: float, message: str, fresh: bool) -> None:  # noqa: FBT001 - as it was told
        now = time.monotonic()
        # A film that is gone on with begins where it was.
        done = progress - self._from
        if done <= 0:  # what comes before is no measure of the rest
            self._begun = now
        eta = (now - self._begun) * (1 - progress) / done if done > 0 else None
        self._job = replace(
            self._job,
            progress=round(progress, 4),
            message=message,
            eta_seconds=None if eta is None else round(eta, 1),
            previews=self._job.previews + fresh,
        )
        if fresh or now - self._told >= TELL_SECONDS or progress == 0:
            self._told = now
            self._store.write(self._job)


def _work(pipe: Connection, folder: Path, work: Work, bounds: tuple[int, int], again: bool) -> None:  # noqa: FBT001 - as a process is given it
    """The process: do the work and tell of it."""
    memory, file = bounds
    settle_in(memory=memory, file=file)
    _be_patient()
    last = 0.0

    def tell(progress: float, message: str, fresh: bool) -> None:  # noqa: FBT001 - as it is declared
        nonlocal last
        now = time.monotonic()
        if fresh or progress == 0 or now - last >= TELL_SECONDS:
            last = now
            pipe.send(("progress", (progress, message, fresh)))

    try:
        outcome: tuple[str, Any] = ("done", work.run(folder, tell, again=again))
    except ImpastoError as error:
        outcome = ("failed", sentence_of(error).replace(f"{folder}/", ""))
    except MemoryError:
        outcome = ("failed", "there is not enough memory for this; give a smaller size")
    except Exception as error:
        logger.exception("a job failed")
        outcome = ("failed", sentence_of(EngineError(f"an unexpected {type(error).__name__}; please report it")))
    pipe.send(outcome)


def _be_patient() -> None:
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
