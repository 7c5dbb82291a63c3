"""Files of weights: read as tensors, never as code, checked against the hash in their name, fetched on request."""

from __future__ import annotations

import hashlib
import http.client
import re
import urllib.request
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.files import cache_folder, open_atomically

__all__ = ["cached", "check_name", "fetch", "read_tensors", "sha256_of"]

TIMEOUT_SECONDS = 30
BLOCK_BYTES = 2**20
NAME_WITH_HASH = re.compile(r"-([0-9a-f]{8,64})\.pth$")  # torch.hub's convention: the sha256's beginning


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror or error}.") from error
    return digest.hexdigest()


def check_name(path: Path) -> None:
    """Compare a file with the hash in its name, such as ``vgg19-dcbb9e9d.pth``; a name without one passes.

    Raises:
        WeightsError: the file cannot be read or is not what its name promises.
    """
    promised = NAME_WITH_HASH.search(path.name)
    if promised and not sha256_of(path).startswith(promised[1]):
        raise WeightsError(f"{path} is damaged or another file: its sha256 does not begin with {promised[1]}.")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file written by ``torch.save``, by name.

    Raises:
        WeightsError: the file cannot be read or holds something else.
    """
    try:
        found: Any = torch.load(path, weights_only=True, map_location="cpu")
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror or error}.") from error
    except Exception as error:
        # zipfile, pickle and torch raise a dozen unrelated types for what is no such file.
        raise WeightsError(f"{path} is no file of weights: expected tensors saved by torch.save.") from error
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise WeightsError(f"{path} is no file of weights: expected a state dict, tensors by name.")
    return found


def cached(url: str) -> Path:
    """Where :func:`fetch` keeps what it gets from ``url``; it need not exist.

    Raises:
        WeightsError: the system names no folder for caches.
    """
    try:
        return cache_folder() / url.rsplit("/", 1)[-1]
    except RuntimeError as error:
        raise WeightsError("there is no folder to keep weights in: name one in $IMPASTO_CACHE.") from error


def fetch(url: str) -> Path:
    """The file at ``url``, whose name holds the beginning of its sha256; kept in the cache and fetched once.

    What is in the cache already is not checked again; loading does that (:func:`check_name`).

    Raises:
        WeightsError: it cannot be fetched or kept, or what came has another hash; nothing is left behind.
    """
    path = cached(url)
    if path.is_file():
        return path
    promised = NAME_WITH_HASH.search(path.name)
    assert promised
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer,  # noqa: S310 - our own constants
            open_atomically(path, overwrite=True) as file,
        ):
            while block := answer.read(BLOCK_BYTES):
                digest.update(block)
                file.write(block)
            if not digest.hexdigest().startswith(promised[1]):
                raise WeightsError(
                    f"what {url} sent is damaged or another file: its sha256 does not begin with {promised[1]}."
                )
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(
            f"cannot fetch {url} to {path}: {reason}; fetch it elsewhere and give its path instead."
        ) from error
    return path
