"""Style codes as plain arrays: checking, mixing, saving and loading them.

A style code is one float32 vector: what the model learnt to see in a picture, then the picture's colour mean (3) and
covariance (9, row by row). On disk it is a NumPy archive with the entries ``code``, ``code_space`` (which says of which
model) and ``model`` (that model's name, for people).
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.errors import OutputExists, StyleError, UsageError
from impasto.files import write_atomically
from impasto.weights.manifest import COLOR_SIZE, Manifest

__all__ = ["check_code", "color_of", "is_code_file", "load_code", "mix", "save_code", "with_color", "with_palette"]

Code = NDArray[np.float32]
MAX_FILE_BYTES = 2**22
ZIP_MAGIC = b"PK\x03\x04"


def check_code(code: ArrayLike, manifest: Manifest) -> Code:
    """The code as float32, if it is one of this model's length and finite.

    Raises:
        StyleError: it is not.
    """
    vector = np.asarray(code)
    expected = f"expected {manifest.code_length} finite numbers as encode_style of the model {manifest.name!r} gives"
    if vector.shape != (manifest.code_length,) or vector.dtype.kind not in "fiu":
        raise StyleError(f"the style code has shape {vector.shape} and type {vector.dtype}, {expected}")
    if not np.isfinite(vector).all():
        raise StyleError(f"the style code holds values that are not finite, {expected}")
    return vector.astype(np.float32)


def with_color(learnt: NDArray[np.floating], mean: NDArray[np.floating], covariance: NDArray[np.floating]) -> Code:
    """A whole style code from its learnt part (K) and a picture's colour statistics (3 and 3×3)."""
    code: Code = np.concatenate([learnt.ravel(), mean.ravel(), covariance.ravel()]).astype(np.float32)
    return code


def color_of(code: Code) -> tuple[Code, Code]:
    """A code's colour mean (3) and covariance (3×3)."""
    color = code[-COLOR_SIZE:]
    return color[:3], color[3:].reshape(3, 3)


def with_palette(code: Code, mean: NDArray[np.floating], covariance: NDArray[np.floating]) -> Code:
    """The code with another colour mean (3) and covariance (3×3): the same strokes in other colours."""
    return with_color(code[:-COLOR_SIZE], mean, covariance)


def mix(codes: Sequence[Code], weights: Sequence[float] | None = None) -> Code:
    """The weighted mean of style codes, which paints in a mixture of their styles.

    Args:
        codes: at least one, all of one model.
        weights: one number of at least 0 for each, not all 0; only their proportions matter. Equal unless given.

    Raises:
        UsageError: the weights cannot be used, or the codes differ in length.
    """
    shares = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(codes) == 0 or shares.shape != (len(codes),):
        raise UsageError(
            f"{len(codes)} style codes and {shares.size} weights were given, expected one weight for each code"
        )
    if not np.isfinite(shares).all() or shares.min() < 0 or shares.sum() <= 0:
        raise UsageError(f"the weights are {shares.tolist()}, expected numbers of at least 0 that are not all 0")
    if len({np.shape(code) for code in codes}) > 1:
        raise UsageError("the style codes have different lengths, expected codes of one model")
    mixture: Code = (shares / shares.sum() @ np.stack(codes)).astype(np.float32)
    return mixture


def save_code(path: str | os.PathLike[str], code: ArrayLike, manifest: Manifest, *, overwrite: bool = False) -> None:
    """Write a style code so that :func:`load_code` can tell whose it is; the target appears whole or not at all.

    Raises:
        StyleError: it is no code of this model, or the file cannot be written.
        OutputExists: the file exists and ``overwrite`` is not set.
    """
    checked = check_code(code, manifest)
    target = Path(path)
    archive = io.BytesIO()
    np.savez(archive, code=checked, code_space=np.array(manifest.code_space), model=np.array(manifest.name))
    try:
        write_atomically(target, archive.getvalue(), overwrite=overwrite)
    except FileExistsError:
        raise OutputExists(f"cannot write {target}: it exists already; allow overwriting or choose another") from None
    except OSError as error:
        raise StyleError(f"cannot write the style code {target}: {error.strerror or error}") from None


def load_code(path: str | os.PathLike[str], manifest: Manifest) -> Code:
    """Read a style code that :func:`save_code` wrote, float32[K + 12].

    Raises:
        StyleError: the file cannot be read, is no style code, or is one of another model.
    """
    try:
        if Path(path).stat().st_size > MAX_FILE_BYTES:
            raise StyleError(f"{path} is too large to be a style code")
        data = Path(path).read_bytes()
    except OSError as error:
        raise StyleError(f"cannot read the style code {path}: {error.strerror or error}") from None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            entries = {name: archive[name] for name in ("code", "code_space", "model")}
    except Exception:  # noqa: BLE001 - a damaged archive makes NumPy and zipfile raise anything
        raise StyleError(f"{path} is no style code as 'impasto encode' writes them, or it is damaged") from None
    if str(entries["code_space"]) != manifest.code_space:
        raise StyleError(
            f"{path} is a style code of another model (it was named {str(entries['model'])!r}); encode the style's "
            f"picture again with the model {manifest.name!r}"
        )
    return check_code(entries["code"], manifest)


def is_code_file(path: str | os.PathLike[str]) -> bool:
    """Whether the file begins like a saved style code; no picture does."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
    except OSError:
        return False
