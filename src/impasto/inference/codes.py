"""Style codes: checking, mixing, saving and loading them.

A style code is one float32 vector: what the model learnt to see in a picture, then the picture's colour mean (3) and
covariance (9, row by row). The code of a learnt style (:class:`~impasto.weights.difference.LearntCode`) is such a
vector together with what learning changed in the painter. :mod:`impasto.weights.style_file` describes the files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.errors import OutputExists, StyleError, UsageError
from impasto.files import is_pipe, write_atomically
from impasto.weights.difference import Code, Difference, LearntCode, Shares, combined
from impasto.weights.manifest import COLOR_SIZE, Manifest
from impasto.weights.style_file import MAX_FILE_BYTES, StyleFile, pack_style, unpack_style

__all__ = [
    "MOST_STRENGTH",
    "Code",
    "Numbers",
    "at_strength",
    "check_code",
    "check_weights",
    "color_of",
    "differences_of",
    "fingerprint",
    "is_code_file",
    "learnt_difference",
    "load_code",
    "load_style",
    "mix",
    "numbers_of",
    "save_code",
    "with_color",
    "with_palette",
]

Numbers = NDArray[np.float32]
MOST_STRENGTH = 1.5
MOST_WEIGHT = 1_000_000
ZIP_MAGIC = b"PK\x03\x04"


def numbers_of(code: Code) -> Numbers:
    """The vector of a code, float32[K + 12], learnt or not."""
    return code.numbers if isinstance(code, LearntCode) else code


def differences_of(code: Code) -> Shares:
    """What a code adds to the painter's weights; nothing unless its style is learnt."""
    return code.differences if isinstance(code, LearntCode) else ()


def fingerprint(code: Code) -> bytes:
    """Bytes that tell a code from every other: for tags of answers, and of films that are resumed."""
    parts = [f"{difference.digest}*{share!r}" for difference, share in differences_of(code)]
    return np.ascontiguousarray(numbers_of(code)).tobytes() + "+".join(parts).encode()


def check_code(code: ArrayLike | LearntCode, manifest: Manifest) -> Code:
    """The code as float32, if it is one of this model's length and finite, and learnt, if at all, with this model.

    Raises:
        StyleError: it is not.
    """
    if isinstance(code, LearntCode):
        manifest.with_differences(code.differences)
        return LearntCode(_checked(code.numbers, manifest), code.differences)
    return _checked(code, manifest)


def _checked(code: ArrayLike, manifest: Manifest) -> Numbers:
    vector = np.asarray(code)
    expected = f"expected {manifest.code_length} finite numbers as encode_style of the model {manifest.name!r} gives"
    if vector.shape != (manifest.code_length,) or vector.dtype.kind not in "fiu":
        raise StyleError(f"the style code has shape {vector.shape} and type {vector.dtype}, {expected}")
    if not np.isfinite(vector).all():
        raise StyleError(f"the style code holds values that are not finite, {expected}")
    return vector.astype(np.float32)


def with_color(learnt: NDArray[np.floating], mean: NDArray[np.floating], covariance: NDArray[np.floating]) -> Numbers:
    """A whole style code from its learnt part (K) and a picture's colour statistics (3 and 3×3)."""
    code: Numbers = np.concatenate([learnt.ravel(), mean.ravel(), covariance.ravel()]).astype(np.float32)
    return code


def color_of(code: Code) -> tuple[Numbers, Numbers]:
    """A code's colour mean (3) and covariance (3×3)."""
    color = numbers_of(code)[-COLOR_SIZE:]
    return color[:3], color[3:].reshape(3, 3)


def with_palette(code: Code, mean: NDArray[np.floating], covariance: NDArray[np.floating]) -> Code:
    """The code with another colour mean (3) and covariance (3×3): the same strokes in other colours."""
    return _joined(with_color(numbers_of(code)[:-COLOR_SIZE], mean, covariance), differences_of(code))


def mix(codes: Sequence[Code], weights: Sequence[float] | None = None) -> Code:
    """The weighted mean of style codes, which paints in a mixture of their styles.

    Of learnt styles the differences are mixed by the same weights. A style of the weight 0 leaves no trace.

    Args:
        codes: at least one, all of one model.
        weights: one number of at least 0 for each and at most 1,000,000, not all 0; only their proportions
            matter. Equal unless given.

    Raises:
        UsageError: the weights cannot be used, or the codes differ in length.
    """
    shares = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(codes) == 0 or shares.shape != (len(codes),):
        raise UsageError(
            f"{len(codes)} style codes and {shares.size} weights were given, expected one weight for each code"
        )
    check_weights(shares.tolist(), "the weights")
    if len({np.shape(numbers_of(code)) for code in codes}) > 1:
        raise UsageError("the style codes have different lengths, expected codes of one model")
    shares = shares / shares.sum()
    mixture: Numbers = (shares @ np.stack([numbers_of(code) for code in codes])).astype(np.float32)
    return _joined(mixture, combined([differences_of(code) for code in codes], shares.tolist()))


def check_weights(weights: Sequence[float], name: str) -> None:
    """Refuse weights of a mixture of which no proportions can be made.

    Raises:
        UsageError: one is negative, larger than :data:`MOST_WEIGHT` or no number, or all are 0.
    """
    if not all(0 <= weight <= MOST_WEIGHT for weight in weights) or sum(weights) <= 0:
        raise UsageError(
            f"{name} are {list(weights)}, expected numbers of at least 0 that are not all 0, up to {MOST_WEIGHT:,}"
        )


def at_strength(own: Code, code: Code, strength: float) -> Code:
    """From a photo's own code (strength 0) to a style's (1), and beyond it (up to :data:`MOST_STRENGTH`).

    Beyond the style only what was seen in it goes on in the same direction; the colours stay the style's, as colours
    that no picture has are no style's. What a learnt style adds to the painter stays whole, so that no strength needs
    weights of its own.
    """
    if strength <= 1:
        numbers = numbers_of(mix([numbers_of(own), numbers_of(code)], [1 - strength, strength]))
        return _joined(numbers, differences_of(code))
    beyond = numbers_of(own) + np.float32(strength) * (numbers_of(code) - numbers_of(own))
    return with_palette(_joined(beyond, differences_of(code)), *color_of(code))


def save_code(
    path: str | os.PathLike[str],
    code: ArrayLike | LearntCode,
    manifest: Manifest,
    *,
    about: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a style file, so that :func:`load_code` can tell whose it is; the target appears whole or not at all.

    Args:
        about: what is known of the style besides, for people and programs; plain values.

    Raises:
        StyleError: it is no code of this model or a mixture of learnt styles, or the file cannot be written.
        OutputExists: the file exists and ``overwrite`` is not set.
    """
    target = Path(path)
    try:
        data = pack_style(StyleFile(check_code(code, manifest), manifest.code_space, manifest.name, about or {}))
    except ValueError as error:
        raise StyleError(str(error)) from None
    try:
        write_atomically(target, data, overwrite=overwrite)
    except FileExistsError:
        raise OutputExists(f"cannot write {target}: it exists already; allow overwriting or choose another") from None
    except OSError as error:
        raise StyleError(f"cannot write the style code {target}: {error.strerror or error}") from None


def load_code(path: str | os.PathLike[str], manifest: Manifest) -> Code:
    """Read the code of a style file that :func:`save_code` wrote, float32[K + 12], or a learnt one.

    Raises:
        StyleError: the file cannot be read, is no style code, or is one of another model.
    """
    return load_style(path, manifest).code


def load_style(path: str | os.PathLike[str], manifest: Manifest) -> StyleFile:
    """Read a whole style file; raises as :func:`load_code`."""
    style = _read_style(path)
    if style.code_space != manifest.code_space:
        raise StyleError(
            f"{path} is a style code of another model (it was named {style.model!r}); encode the style's "
            f"picture again with the model {manifest.name!r}"
        )
    return StyleFile(check_code(style.code, manifest), style.code_space, style.model, style.about)


def learnt_difference(path: str | os.PathLike[str]) -> Difference:
    """What a learnt style adds to a painter, whatever model it was learnt on top of.

    Raises:
        StyleError: the file cannot be read or holds no learnt style.
    """
    code = _read_style(path).code
    if not isinstance(code, LearntCode):
        raise StyleError(f"{path} holds a plain style code, expected a learnt style as 'impasto learn' writes them")
    return code.differences[0][0]


def _read_style(path: str | os.PathLike[str]) -> StyleFile:
    try:
        if Path(path).stat().st_size > MAX_FILE_BYTES:
            raise StyleError(f"{path} is too large to be a style code")
        data = Path(path).read_bytes()
    except OSError as error:
        raise StyleError(f"cannot read the style code {path}: {error.strerror or error}") from None
    try:
        return unpack_style(data)
    except ValueError:
        raise StyleError(f"{path} is no style code as 'impasto encode' writes them, or it is damaged") from None


def is_code_file(path: str | os.PathLike[str]) -> bool:
    """Whether the file begins like a saved style code; no picture does, and a pipe is taken for one, unread."""
    if is_pipe(Path(path)):
        return False
    try:
        with Path(path).open("rb") as file:
            return file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
    except OSError:
        return False


def _joined(numbers: Numbers, differences: Shares) -> Code:
    return LearntCode(numbers, differences) if differences else numbers
