"""Jobs as folders, so that every server process of a machine can tell of each; bounded, expiring, unguessable.

::

    <22 letters>/   job.json   what is told of it, written by the process that runs it
                    content, style-0, ..., mask   what the client sent, deleted when the job ends
                    preview.jpg, result.<suffix>
                    cancel     its presence ends the job
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from impasto.files import write_atomically
from impasto.serve.errors import Refused
from impasto.serve.processes import here, is_running, machine_of

__all__ = ["ENDED", "JobRecord", "JobStore"]

NAME = re.compile(r"[A-Za-z0-9_-]{22}")
TOKEN_BYTES = 16
ENDED = ("done", "failed", "cancelled")
MOST_ENDED = 256
ABOUT, CANCEL, PREVIEW = "job.json", "cancel", "preview.jpg"
KEPT = (ABOUT, CANCEL, PREVIEW)
RETRY_SECONDS = 15
INTERRUPTED = "the server ended before the job did, which was interrupted; send the job again"


@dataclass(frozen=True)
class JobRecord:
    """What is known of a job.

    Attributes:
        client: the address that sent it.
        owner: the server process that runs it, as :func:`impasto.serve.processes.here` names it.
        created: when it was sent, in seconds since 1970.
        styles: their names, as they were sent.
        progress: from 0 to 1.
        message: what it is at, for people.
        previews: how many previews there have been.
        result: name of the file in its folder, once it is done, and its media type.
    """

    id: str
    kind: str
    client: str
    owner: str
    state: str = "queued"
    progress: float = 0.0
    message: str = "waiting for its turn"
    eta_seconds: float | None = None
    previews: int = 0
    result: str | None = None
    media_type: str | None = None
    error: str | None = None
    interrupted: bool = False
    created: float = 0.0
    styles: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Nothing more will come of it."""
        return self.state in ENDED


class JobStore:
    """Jobs by id.

    Args:
        folder: where; made if need be.
        most: jobs that may wait or run.
        most_per_client: of one client among them.
        seconds: that results are kept.
        most_bytes: of all that is kept; the oldest make room.
    """

    def __init__(self, folder: Path, *, most: int, most_per_client: int, seconds: float, most_bytes: int) -> None:
        self._folder = folder
        self._most, self._most_per_client = most, most_per_client
        self._seconds, self._most_bytes = seconds, most_bytes
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, kind: str, client: str, styles: Iterable[str] = ()) -> JobRecord:
        """A new job, still without files.

        Raises:
            Refused: there are too many.
        """
        with self._lock:
            self.sweep()
            waiting = [job for job in self._all() if not job.ended]
            if sum(job.client == client for job in waiting) >= self._most_per_client:
                sentence = (
                    f"{self._most_per_client} jobs of yours are open, which is the most; wait for one or cancel it"
                )
                raise Refused(429, sentence, RETRY_SECONDS)
            if len(waiting) >= self._most:
                raise Refused(503, f"{len(waiting)} jobs are open already; try again later", RETRY_SECONDS)
            job = JobRecord(
                secrets.token_urlsafe(TOKEN_BYTES), kind, client, here(), created=time.time(), styles=tuple(styles)
            )
            self.folder(job.id).mkdir(mode=0o700)
            self.write(job)
        return job

    def folder(self, job: str) -> Path:
        """Where a job's files are."""
        return self._folder / job

    def write(self, job: JobRecord) -> None:
        """Replace what is told of a job, unless it was forgotten meanwhile."""
        with contextlib.suppress(FileNotFoundError):
            write_atomically(self.folder(job.id) / ABOUT, json.dumps(asdict(job)).encode(), overwrite=True)

    def read(self, job: str) -> JobRecord:
        """What is known of a job.

        Raises:
            Refused: there is none of that id, or none any more.
        """
        # Nothing but an id of ours ever becomes a part of a path.
        found = self._read(self.folder(job)) if NAME.fullmatch(job) else None
        if found is None:
            raise Refused(
                404, "there is no such job; ids come from POST /v1/jobs, and what has ended is kept for a while"
            )
        return self._settled(found)

    def of_client(self, client: str) -> list[JobRecord]:
        """The jobs that a client sent, the newest first."""
        found = [job for folder in self._folder.iterdir() if (job := self._read(folder)) and job.client == client]
        return sorted(map(self._settled, found), key=lambda job: job.created, reverse=True)

    def file(self, job: JobRecord, name: str) -> Path:
        """One of a job's files.

        Raises:
            Refused: it is not there.
        """
        path = self.folder(job.id) / name
        if not path.is_file():
            raise Refused(404, f"the job has no {Path(name).stem}; its state is {job.state}")
        return path

    def ask_to_cancel(self, job: str) -> None:
        """Leave word for the process that runs the job."""
        with contextlib.suppress(OSError):
            (self.folder(job) / CANCEL).touch()

    def is_cancelled(self, job: str) -> bool:
        """Whether word was left, or the job was forgotten."""
        folder = self.folder(job)
        return (folder / CANCEL).exists() or not folder.exists()

    def forget(self, job: str) -> None:
        """Delete a job with all its files."""
        shutil.rmtree(self.folder(job), ignore_errors=True)

    def drop_inputs(self, job: JobRecord) -> None:
        """Delete what an ended job was made of, and what was begun."""
        with contextlib.suppress(OSError):
            for path in self.folder(job.id).iterdir():
                if path.name not in (*KEPT, job.result):
                    if path.is_dir():
                        shutil.rmtree(path, ignore_errors=True)
                    else:
                        path.unlink(missing_ok=True)

    def count_open(self) -> int:
        """Jobs that wait or run."""
        return sum(not job.ended for job in self._all())

    def sweep(self) -> None:
        """Delete what is kept for long enough, and the oldest of what is too much."""
        ended = []
        for folder in self._folder.iterdir():
            job = self._read(folder)
            if job is None or job.ended or not self._alive(job):
                with contextlib.suppress(OSError):
                    ended.append((folder.stat().st_mtime, folder))
        size = 0
        for place, (changed, folder) in enumerate(sorted(ended, reverse=True)):
            size += sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
            if place >= MOST_ENDED or size > self._most_bytes or time.time() - changed > self._seconds:
                shutil.rmtree(folder, ignore_errors=True)

    def _settled(self, job: JobRecord) -> JobRecord:
        """A job as it is now that whoever ran it may have ended."""
        if job.ended or self._alive(job):
            return job
        job = replace(job, state="failed", error=INTERRUPTED, interrupted=True, eta_seconds=None)
        self.write(job)
        self.drop_inputs(job)
        return job

    def _all(self) -> list[JobRecord]:
        return [
            job for folder in self._folder.iterdir() if (job := self._read(folder)) and (job.ended or self._alive(job))
        ]

    @staticmethod
    def _read(folder: Path) -> JobRecord | None:
        try:
            told = json.loads((folder / ABOUT).read_bytes())
            return JobRecord(**told | {"styles": tuple(told.get("styles", ()))})
        except (OSError, ValueError, TypeError):
            return None

    def _alive(self, job: JobRecord) -> bool:
        """Whether somebody still runs a job: a process of this machine, or one of another that has written of late."""
        if machine_of(job.owner) == socket.gethostname():
            return is_running(job.owner)
        with contextlib.suppress(OSError):
            return time.time() - (self.folder(job.id) / ABOUT).stat().st_mtime < self._seconds
        return False
