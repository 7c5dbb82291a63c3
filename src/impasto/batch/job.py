"""One photo's way from file to file: what is to be done, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from impasto.errors import ImpastoError

__all__ = ["STANDARD_STREAM", "Job", "Outcome", "Status"]

STANDARD_STREAM = "-"
Status = Literal["painted", "skipped", "failed"]


@dataclass(frozen=True)
class Job:
    """One photo and where its pastiche goes; ``None`` is standard input or output."""

    source: Path | None
    target: Path | None

    @property
    def name(self) -> str:
        """The source as the user should read it."""
        return STANDARD_STREAM if self.source is None else str(self.source)


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes:
        status: ``painted``; ``skipped``, as the target existed; or ``failed``.
        width, height: of the pastiche in pixels; 0 unless it was painted.
        seconds: from reading to writing.
        error: why it failed.
        frames: pictures or pages that the photo's file holds, of which the first was painted.
    """

    job: Job
    status: Status
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    error: ImpastoError | None = None
    frames: int = 1

    def summary(self) -> dict[str, Any]:
        """The outcome of a photo that was painted, for JSON."""
        return {
            "input": self.job.name,
            "output": str(self.job.target),
            "width": self.width,
            "height": self.height,
            "seconds": round(self.seconds, 4),
        }
