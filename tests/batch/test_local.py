from __future__ import annotations

import threading
from pathlib import Path

import pytest

from impasto.batch.job import Job, Outcome
from impasto.batch.local import run_local

JOBS = [Job(Path(f"{index}.png"), Path(f"{index}-out.png")) for index in range(20)]


def painted(job):
    return Outcome(job, "painted")


@pytest.mark.parametrize("at_once", [1, 2, 7, 50])
def test_every_job_is_done_once(at_once):
    done = [outcome.job for outcome in run_local(JOBS, painted, at_once=at_once)]
    assert sorted(done, key=JOBS.index) == JOBS


def test_photos_are_painted_at_the_same_time_but_no_more_than_asked():
    meeting, inside, most = threading.Barrier(3, timeout=10), [], []

    def paint(job):
        inside.append(job)
        most.append(len(inside))
        meeting.wait()  # breaks unless three meet here
        inside.remove(job)
        return Outcome(job, "painted")

    assert len(list(run_local(JOBS[:18], paint, at_once=3))) == 18
    assert max(most) == 3


def test_jobs_are_taken_as_threads_become_free():
    taken = []

    def jobs():
        for job in JOBS:
            taken.append(job)
            yield job

    outcomes = run_local(jobs(), painted, at_once=2)
    next(outcomes)
    assert len(taken) <= 4
    outcomes.close()


@pytest.mark.parametrize("at_once", [1, 3])
def test_an_interrupt_while_waiting_finishes_what_has_begun_and_begins_nothing_more(at_once):
    begun, finished = [], []

    def paint(job):
        begun.append(job)
        finished.append(job)
        return Outcome(job, "painted")

    outcomes = run_local(JOBS, paint, at_once=at_once)
    next(outcomes)
    with pytest.raises(KeyboardInterrupt):
        outcomes.throw(KeyboardInterrupt())
    assert begun == finished
    assert len(begun) < len(JOBS)
    assert not [one for one in threading.enumerate() if one.name.startswith("impasto")]


@pytest.mark.parametrize("at_once", [1, 3])
def test_what_is_no_outcome_ends_the_run(at_once):
    def paint(job):
        if job is JOBS[2]:
            raise KeyboardInterrupt
        return Outcome(job, "painted")

    with pytest.raises(KeyboardInterrupt):
        list(run_local(JOBS, paint, at_once=at_once))
