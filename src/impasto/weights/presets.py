"""A model's presets: named style codes of artworks, saved with the model.

The folder ``presets`` of a model's folder holds::

    presets.json         a list of objects {"name", "title", "artist", "year", "file"}, in the order to show them;
                         name is what --style takes (lower case, hyphens), year is text or a number, and file is the
                         thumbnail's path inside this folder, "thumbs/NAME.webp": our painting of a sample photo
    codes.npy            float32 or float16, one row per object in the same order, K + 12 numbers each: whole style
                         codes; written with numpy.save
    learnt/NAME.npz      optional: the style file of a preset that is learnt (impasto.weights.style_file), which holds
                         what learning changed in the painter
    thumbs/NAME.webp

The artworks themselves are not in it. A folder without ``presets`` is a model without presets.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.errors import UnknownName, WeightsError
from impasto.weights.difference import Code, LearntCode
from impasto.weights.manifest import Manifest
from impasto.weights.style_file import unpack_style

__all__ = ["Preset", "Presets", "read_presets"]

CODES = "presets/codes.npy"
LEARNT = "presets/learnt"


@dataclass(frozen=True)
class Preset:
    """One named style: the artwork whose code it is, and its thumbnail (``None`` if the file is absent)."""

    name: str
    title: str
    artist: str
    year: str
    thumbnail: Path | None
    learnt: bool = False
    """Whether the painter has learnt it, and does not only know its code."""


@dataclass(frozen=True)
class Presets:
    """A model's presets and their codes, float32 n×(K + 12), read-only; not those of what is learnt."""

    entries: tuple[Preset, ...]
    codes: NDArray[np.float32]
    manifest: Manifest | None = None
    _learnt: dict[str, Code] = field(default_factory=dict, repr=False)  # those that were asked for

    def code(self, name: str, *, learnt: bool = True) -> Code:
        """The style code of the preset ``name``, float32[K + 12], or a learnt one.

        Args:
            learnt: if false, leave out what the painter has learnt of the style, which it then paints as any other.

        Raises:
            UnknownName: there is none of that name; near misses are suggested.
            WeightsError: its file is damaged.
        """
        names = [entry.name for entry in self.entries]
        if name not in names:
            raise UnknownName("style", name, names, "run 'impasto styles' to list them")
        index = names.index(name)
        if learnt and self.entries[index].learnt and self.manifest is not None:
            if name not in self._learnt:
                self._learnt[name] = _read_learnt(self.manifest, name)
            return self._learnt[name]
        code: NDArray[np.float32] = self.codes[index]
        return code


def read_presets(manifest: Manifest) -> Presets:
    """The presets of the model; none if its folder has no ``presets``.

    Raises:
        WeightsError: the files are damaged or do not fit the model.
    """
    folder = manifest.folder / "presets"
    table = folder / "presets.json"
    if CODES not in manifest.files:
        return Presets((), np.empty((0, manifest.code_length), np.float32))
    try:
        entries = tuple(_read_entry(one, manifest) for one in json.loads(table.read_text(encoding="utf-8")))
        codes = np.load(io.BytesIO(manifest.read(CODES)), allow_pickle=False).astype(np.float32)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise WeightsError(f"cannot read the presets in {folder}: {error!r}; install the model again") from None
    if codes.shape != (len(entries), manifest.code_length) or not np.isfinite(codes).all():
        raise WeightsError(
            f"{folder / 'codes.npy'} holds codes of shape {codes.shape}, "
            f"expected finite ones of {(len(entries), manifest.code_length)}; install the model again"
        )
    codes.setflags(write=False)
    return Presets(entries, codes, manifest)


def _read_learnt(manifest: Manifest, name: str) -> Code:
    """A learnt preset's code."""
    file = f"{LEARNT}/{name}.npz"
    try:
        code = unpack_style(manifest.read(file)).code
    except ValueError as error:
        raise WeightsError(f"{manifest.folder / file} is {error}; install the model again") from None
    manifest.with_differences(code.differences if isinstance(code, LearntCode) else ())
    return code


def _read_entry(entry: dict[str, object], manifest: Manifest) -> Preset:
    folder = manifest.folder / "presets"
    thumbnail = folder / str(entry["file"])
    return Preset(
        name=str(entry["name"]),
        title=str(entry["title"]),
        artist=str(entry["artist"]),
        year=str(entry["year"]),
        thumbnail=thumbnail if thumbnail.is_file() else None,
        learnt=f"{LEARNT}/{entry['name']}.npz" in manifest.files,
    )
