"""Presets: the style codes of artworks, and thumbnails that are our own paintings. The artworks do not ship."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from impasto.errors import StyleError, TrainingError, WeightsError
from impasto.export.folder import PRESETS, replaced, update_manifest
from impasto.image.io import read_picture
from impasto.image.resize import fit_size, resize
from impasto.inference.codes import load_style
from impasto.inference.stylizer import Stylizer
from impasto.weights.manifest import read_manifest
from impasto.weights.presets import CODES, LEARNT

TABLE = "presets.tsv"
COLUMNS = ("slug", "title", "artist", "year of work")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
THUMBNAIL = 192
THUMBNAILS = "thumbs"


@dataclass(frozen=True)
class Artwork:
    """A row of the table."""

    picture: Path
    name: str
    title: str
    artist: str
    year: str


def read_table(artworks: Path) -> list[Artwork]:
    """The rows of ``artworks/presets.tsv``, in their order.

    The table is tab-separated with the columns slug, title, artist and year of work; the artwork is ``slug.jpg`` beside
    it.

    Raises:
        TrainingError: the table is missing, empty, lacks a column or a value, or names a preset twice or wrongly, or an
            artwork is missing.
    """
    table = artworks / TABLE
    try:
        with table.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened, delimiter="\t"))
    except OSError as error:
        raise TrainingError(f"cannot read {table}: {error.strerror or error}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise TrainingError(f"cannot read {table}: expected a tab-separated table in UTF-8 ({error})") from error
    found: list[Artwork] = []
    for number, row in enumerate(rows, 1):
        values = [row.get(column) for column in COLUMNS]
        if not all(values):
            raise TrainingError(f"{table}, row {number}: expected a value for each of {', '.join(COLUMNS)}")
        slug, title, artist, year = map(str, values)
        if not SLUG.fullmatch(slug) or slug in {one.name for one in found}:
            raise TrainingError(f"{table}, row {number}: the slug {slug!r} is taken, or not of a–z, 0–9 and hyphens")
        found.append(Artwork(artworks / f"{slug}.jpg", slug, title, artist, year))
        if not found[-1].picture.is_file():
            raise TrainingError(f"{table}, row {number}: there is no picture {found[-1].picture}")
    if not found:
        raise TrainingError(f"{table} names no artworks; expected one in each row")
    return found


def export_presets(artworks: Path, folder: Path, sample: Path | None = None) -> list[str]:
    """Give a model's folder the presets of ``artworks/presets.tsv`` instead of its own; returns their names.

    Thumbnails show ``sample``, or scikit-image's public-domain astronaut (NASA).

    Raises:
        TrainingError: the table cannot be used (see :func:`read_table`), or the folder not be written.
        WeightsError: the folder's model is missing or damaged.
        ImageError: an artwork or the sample cannot be read.
    """
    rows = read_table(artworks)
    with replaced(folder) as building:
        shutil.copytree(folder, building, dirs_exist_ok=True)
        add_presets(rows, building, sample)
    return [row.name for row in rows]


def add_presets(artworks: Sequence[Artwork], folder: Path, sample: Path | None) -> None:
    """Write the presets into a model's folder that is being built."""
    stylizer = Stylizer.load(folder)
    codes = [stylizer.encode_style(read_picture(artwork.picture).visible) for artwork in artworks]
    write_presets(artworks, np.stack(codes), folder)
    add_thumbnails(folder, sample)


def write_presets(artworks: Sequence[Artwork], codes: NDArray[np.float32], folder: Path) -> None:
    """Write the presets' names and codes (n K+12), without thumbnails, instead of those that a model's folder has."""
    shutil.rmtree(folder / PRESETS, ignore_errors=True)
    (folder / PRESETS).mkdir()
    entries = [
        {
            "name": artwork.name,
            "title": artwork.title,
            "artist": artwork.artist,
            "year": artwork.year,
            "file": f"{THUMBNAILS}/{artwork.name}.webp",
        }
        for artwork in artworks
    ]
    np.save(folder / CODES, codes.astype(np.float32))
    text = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    (folder / PRESETS / "presets.json").write_text(text, encoding="utf-8")
    update_manifest(folder)


def add_thumbnails(folder: Path, sample: Path | None) -> None:
    """Paint the sample photo, or scikit-image's astronaut, in each of the presets of a model's folder."""
    photo = data.astronaut()[:400, 40:440] if sample is None else read_picture(sample).visible
    photo = _fitted(photo, 2 * THUMBNAIL)
    stylizer = Stylizer.load(folder)
    thumbs = folder / PRESETS / THUMBNAILS
    thumbs.mkdir()
    for preset in stylizer.presets:
        pastiche = stylizer.stylize(photo, preset.name)
        Image.fromarray(_fitted(pastiche, THUMBNAIL)).save(thumbs / f"{preset.name}.webp", quality=80)


def add_learnt(folder: Path, styles: Path, sample: Path | None = None) -> list[str]:
    """Give a model's presets what was learnt of them, ``styles/NAME.npz``, and new thumbnails; returns their names.

    Files of other names are left out. What the model had learnt before of a preset is replaced.

    Raises:
        StyleError: a file is no style of this model.
        TrainingError: the folder cannot be written.
    """
    names = {preset.name for preset in Stylizer.load(folder).presets}
    found = sorted(file for file in styles.glob("*.npz") if file.stem in names)
    with replaced(folder) as building:
        shutil.copytree(folder, building, dirs_exist_ok=True)
        manifest = read_manifest(building)
        (building / LEARNT).mkdir(exist_ok=True)
        for file in found:
            load_style(file, manifest)
            shutil.copyfile(file, building / LEARNT / file.name)
        shutil.rmtree(building / PRESETS / THUMBNAILS, ignore_errors=True)
        update_manifest(building)
        add_thumbnails(building, sample)
    return [file.stem for file in found]


def keep_presets(old: Path, new: Path) -> None:
    """Give a new model's folder the presets of the old one's, if any.

    Raises:
        StyleError: the new one has another style encoder.
    """
    if not (old / CODES).is_file():
        return
    try:
        same = read_manifest(old).code_space == read_manifest(new).code_space
    except WeightsError:  # the old model is damaged: nobody knows what its codes mean
        same = False
    if not same:
        raise StyleError(
            f"the presets in {old} are codes of the model that is there, and mean nothing to the new one: give their "
            "artworks as presets again, or another folder"
        )
    copy_presets(old, new)


def copy_presets(old: Path, new: Path) -> None:
    """Copy a model's presets to another's folder, but for what was learnt of them: that belongs to the old painter."""
    shutil.copytree(old / PRESETS, new / PRESETS, ignore=shutil.ignore_patterns(Path(LEARNT).name))


def _fitted(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    height, width = fit_size(pixels.shape[0], pixels.shape[1], long_side)
    return resize(pixels, height, width)
