"""A model's presets: named style codes of artworks, saved with the model.

The folder ``presets`` of a model's folder holds::

    presets.json         a list of objects {"name", "title", "artist", "year", "file"}, in the order to show them;
                         name is what --style takes (lower case, hyphens), year is text or a number, and file is the
                         thumbnail's path inside this folder, "thumbs/NAME.webp": our painting of a sample photo
    codes.npy            float32 or float16, one row per object in the same order, K + 12 numbers each: whole style
                         codes; written with numpy.save
    thumbs/NAME.webp

The artworks themselves are not in it. A folder without ``presets`` is a model without presets.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.errors import UnknownName, WeightsError
from impasto.weights.manifest import Manifest

__all__ = ["Preset", "Presets", "read_presets"]

CODES = "presets/codes.npy"


@dataclass(frozen=True)
class Preset:
    """One named style: the artwork whose code it is, and its thumbnail (``None`` if the file is absent)."""

    name: str
    title: str
    artist: str
    year: str
    thumbnail: Path | None


@dataclass(frozen=True)
class Presets:
    """A model's presets and their codes, float32 n×(K + 12), read-only."""

    entries: tuple[Preset, ...]
    codes: NDArray[np.float32]

    def code(self, name: str) -> NDArray[np.float32]:
        """The style code of the preset ``name``, float32[K + 12].

        Raises:
            UnknownName: there is none of that name; near misses are suggested.
        """
        names = [entry.name for entry in self.entries]
        if name not in names:
            raise UnknownName("style", name, names, "run 'impasto styles' to list them")
        code: NDArray[np.float32] = self.codes[names.index(name)]
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
        entries = tuple(_read_entry(one, folder) for one in json.loads(table.read_text(encoding="utf-8")))
        codes = np.load(io.BytesIO(manifest.read(CODES)), allow_pickle=False).astype(np.float32)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise WeightsError(f"cannot read the presets in {folder}: {error!r}; install the model again") from None
    if codes.shape != (len(entries), manifest.code_length) or not np.isfinite(codes).all():
        raise WeightsError(
            f"{folder / 'codes.npy'} holds codes of shape {codes.shape}, "
            f"expected finite ones of {(len(entries), manifest.code_length)}; install the model again"
        )
    codes.setflags(write=False)
    return Presets(entries, codes)


def _read_entry(entry: dict[str, object], folder: Path) -> Preset:
    thumbnail = folder / str(entry["file"])
    return Preset(
        name=str(entry["name"]),
        title=str(entry["title"]),
        artist=str(entry["artist"]),
        year=str(entry["year"]),
        thumbnail=thumbnail if thumbnail.is_file() else None,
    )
