"""Style files: a style code, and for a learnt style what learning changed in the painter.

A NumPy archive (``.npz``, no pickles) with the entries ``code`` (float32[K + 12]), ``code_space`` (which says of which
model), ``model`` (that model's name, for people), ``about`` (JSON: title, artist, how it was learnt; may be absent),
and for a learnt style the arrays of its :class:`~impasto.weights.difference.Difference` under ``difference/``.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.weights.difference import Code, Difference, LearntCode

__all__ = ["MAX_FILE_BYTES", "StyleFile", "pack_style", "unpack_style"]

MAX_FILE_BYTES = 2**22
MAX_UNPACKED_BYTES = 2**25
_DIFFERENCE = "difference/"


@dataclass(frozen=True, eq=False)
class StyleFile:
    """What a style file holds."""

    code: Code
    code_space: str
    model: str
    about: Mapping[str, Any] = field(default_factory=dict)


def pack_style(style: StyleFile) -> bytes:
    """The bytes of a style file.

    Raises:
        ValueError: the code is a mixture of learnt styles, which has no difference of its own.
    """
    arrays: dict[str, NDArray[Any]] = {
        "code_space": np.array(style.code_space),
        "model": np.array(style.model),
        "about": np.array(json.dumps(dict(style.about), ensure_ascii=False, sort_keys=True)),
    }
    if isinstance(style.code, LearntCode):
        if len(style.code.differences) != 1 or style.code.differences[0][1] != 1:
            raise ValueError("a mixture of learnt styles cannot be kept in a file: keep each style in one of its own")
        difference = style.code.differences[0][0].as_arrays()
        arrays |= {_DIFFERENCE + name: array for name, array in difference.items()}
    arrays["code"] = np.asarray(style.code.numbers if isinstance(style.code, LearntCode) else style.code)
    archive = io.BytesIO()
    np.savez_compressed(archive, **arrays)  # type: ignore[arg-type]  # NumPy's stubs take names for options
    return archive.getvalue()


def unpack_style(data: bytes) -> StyleFile:
    """What :func:`pack_style` packed, also by versions before there were learnt styles.

    Raises:
        ValueError: the data are no style file, or damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise ValueError("more numbers than a style has")  # noqa: TRY301 - as any other damage
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            entries = {name: arrays[name] for name in arrays.files}
        about = json.loads(str(entries.get("about", "{}")))
        code: Code = entries["code"]
        learnt = {
            name.removeprefix(_DIFFERENCE): array for name, array in entries.items() if name.startswith(_DIFFERENCE)
        }
        if learnt:
            code = LearntCode(entries["code"], ((Difference.from_arrays(learnt), 1.0),))
        return StyleFile(
            code, str(entries["code_space"]), str(entries["model"]), about if isinstance(about, dict) else {}
        )
    except Exception as error:
        raise ValueError(f"no style file, or a damaged one ({error})") from error
