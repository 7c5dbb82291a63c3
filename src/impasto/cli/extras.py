"""Verbs that need an extra say how to install it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from impasto.errors import MissingExtra

__all__ = ["needs_extra"]


@contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """Turn the absence of a package imported inside the block into the command that installs it.

    >>> with needs_extra("train", "training"):
    ...     from impasto.training.loop import train

    Raises:
        MissingExtra: a package that is not part of Impasto could not be found.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "impasto":
            raise
        raise MissingExtra(extra, purpose) from error
