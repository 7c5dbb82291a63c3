"""Everything Impasto raises on purpose. One root, so that the command line and the server map a single class.

::

    ImpastoError
    ├── UsageError (also ValueError)   an option or argument has a value that cannot be used
    ├── ImageError                     a picture cannot be read, used or written
    │   ├── PictureTooLarge            more pixels than the cap
    │   └── OutputExists               the target exists and overwriting was not asked for
    ├── StyleError                     a style cannot be found or is no style code of this model
    │   └── UnknownName                a preset, model or engine of that name does not exist
    ├── WeightsError                   weights are missing, damaged or of another format
    ├── VideoError                     a film or camera cannot be read, painted or written
    ├── EngineError                    no engine can run the graph, or running it failed
    ├── OptimizeError                  painting by optimisation cannot go on: a loss that is not finite
    ├── TrainingError                  training cannot start or continue
    │   └── CheckpointError            a run's checkpoint cannot be written, read or resumed
    └── MissingExtra (also ImportError) an optional dependency is absent; the message is the command that installs it

A message is one sentence: what was given, what was expected, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

__all__ = [
    "CheckpointError",
    "EngineError",
    "ImageError",
    "ImpastoError",
    "MissingExtra",
    "OptimizeError",
    "OutputExists",
    "PictureTooLarge",
    "StyleError",
    "TrainingError",
    "UnknownName",
    "UsageError",
    "VideoError",
    "WeightsError",
]


class ImpastoError(Exception):
    """Root of every error that Impasto raises on purpose."""


class UsageError(ImpastoError, ValueError):
    """An option or argument has a value that cannot be used."""


class ImageError(ImpastoError):
    """A picture cannot be read, used or written."""


class PictureTooLarge(ImageError):
    """A picture has more pixels than the cap."""


class OutputExists(ImageError):
    """The target exists already and overwriting was not asked for."""


class StyleError(ImpastoError):
    """A style cannot be found, or what was given is no style code of this model."""


class UnknownName(StyleError):
    """A catalogue has no entry of that name; the message suggests near misses or how to list the names.

    Args:
        kind: what was looked for, in the singular, e.g. ``"style"``.
        name: what was given.
        known: the names that exist.
        remedy: how to see all of them, e.g. ``"run 'impasto styles' to list them"``.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], remedy: str = "") -> None:
        # Passing every argument on (and writing the message in __str__) lets the error cross process borders by pickle.
        self.known = tuple(sorted(known))
        super().__init__(kind, name, self.known, remedy)
        self.kind, self.name, self.remedy = kind, name, remedy
        self.suggestions = _near_misses(name, self.known)

    def __str__(self) -> str:
        if self.suggestions:
            hint = f"did you mean {' or '.join(map(repr, self.suggestions))}?"
        elif self.remedy:
            hint = f"{self.remedy}."
        else:
            hint = f"known: {', '.join(self.known)}." if self.known else "none exist."
        return f"there is no {self.kind} named {self.name!r}; {hint}"


class WeightsError(ImpastoError):
    """Weights are missing, damaged (their sha256 differs) or of another format."""


class VideoError(ImpastoError):
    """A film or a camera cannot be read, or a film cannot be written."""


class EngineError(ImpastoError):
    """No installed engine can run the graph on the device asked for, or running it failed."""


class OptimizeError(ImpastoError):
    """Painting by optimisation cannot go on: its loss is not finite."""


class TrainingError(ImpastoError):
    """Training cannot start or continue: an empty folder, a full disk, a loss that is not a number."""


class CheckpointError(TrainingError):
    """A run's checkpoint cannot be written, read or resumed."""


class MissingExtra(ImpastoError, ImportError):
    """An optional dependency is absent; the message is the exact command that installs it.

    Args:
        extra: the extra's name in ``pyproject.toml``, e.g. ``"train"``.
        purpose: what needs it, as the subject of a sentence, e.g. ``"training"``.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(extra, purpose)
        self.extra, self.purpose = extra, purpose

    def __str__(self) -> str:
        return f"{self.purpose} needs packages that are not installed; run: pip install 'impasto[{self.extra}]'"


def unexpected(error: BaseException) -> str:
    """The sentence for an error that nobody raised on purpose."""
    words = " ".join(str(error).split())
    return (
        f"an unexpected {type(error).__name__}{f' ({words})' if words else ''}: a mistake in Impasto; please report it "
        "where you got Impasto from, with what --debug shows"
    )


def _near_misses(name: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.7) -> tuple[str, ...]:
    """The known names, best first, that resemble ``name`` as a whole or in one of their words."""

    def likeness(candidate: str) -> float:
        folded = candidate.lower()
        return max(SequenceMatcher(None, name.lower(), part).ratio() for part in (folded, *re.split(r"[\W_]+", folded)))

    near = [candidate for candidate in known if likeness(candidate) >= cutoff]
    return tuple(sorted(near, key=likeness, reverse=True)[:count])
