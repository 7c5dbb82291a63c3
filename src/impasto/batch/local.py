"""Many photos at once in one process, around one model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from impasto.batch.job import Job, Outcome

__all__ = ["run_local"]


def run_local(jobs: Iterable[Job], paint: Callable[[Job], Outcome], *, at_once: int) -> Iterator[Outcome]:
    """Paint photos on threads; outcomes come as they are ready.

    Decoding, encoding and the engine all work outside Python's lock, so threads share one model and still fill the
    processor. However many jobs there are, only ``at_once`` photos are in memory.

    Args:
        jobs: what to paint; taken one by one as threads become free.
        paint: paints one photo; its exceptions come out here and end the run.
        at_once: photos in work at the same time; 1 paints in the calling thread.
    """
    if at_once == 1:
        yield from map(paint, jobs)
        return
    waiting = iter(jobs)
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="impasto")
    try:
        running: set[Future[Outcome]] = {pool.submit(paint, job) for job in islice(waiting, at_once)}
        while running:
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(paint, job) for job in islice(waiting, len(ready))}
            for one in ready:
                yield one.result()
    finally:
        # Also after Ctrl-C, or when the caller stops asking: what has begun is finished, nothing more is begun.
        pool.shutdown(cancel_futures=True)
