"""Presets: the style codes of artworks, and thumbnails that are our own paintings. The artworks do not ship."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from impasto.errors import TrainingError
from impasto.export.model_folder import update_manifest
from impasto.image.io import read_picture
from impasto.image.resize import fit_size, resize
from impasto.inference.stylizer import Stylizer
from impasto.weights.presets import CODES

TABLE = "presets.tsv"
THUMBNAIL = 192


def export_presets(artworks: Path, folder: Path, sample: Path | None = None) -> list[str]:
    """Add a preset to a model's folder for each row of ``artworks/presets.tsv``; returns their names.

    The table is tab-separated with the columns slug, title, artist and year of work; the artwork is ``slug.jpg`` beside
    it. Thumbnails show ``sample``, or scikit-image's public-domain astronaut (NASA).

    Raises:
        TrainingError: the table is missing or lacks a column. ImageError: an artwork cannot be read.
    """
    table = artworks / TABLE
    try:
        with table.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened, delimiter="\t"))
        facts = [(row["slug"], row["title"], row["artist"], row["year of work"]) for row in rows]
    except OSError as error:
        raise TrainingError(f"cannot read {table}: {error.strerror}") from error
    except KeyError as error:
        raise TrainingError(f"{table} lacks the column {error}: expected slug, title, artist, year of work") from error
    stylizer = Stylizer.load(folder)
    photo = read_picture(sample).pixels if sample else data.astronaut()[:400, 40:440]
    photo = _fitted(photo, 2 * THUMBNAIL)
    thumbs = folder / "presets" / "thumbs"
    thumbs.mkdir(parents=True, exist_ok=True)
    codes, entries = [], []
    for slug, title, artist, year in facts:
        code = stylizer.encode_style(read_picture(artworks / f"{slug}.jpg").pixels)
        painted = stylizer.stylize(photo, code)
        small = _fitted(painted, THUMBNAIL)
        Image.fromarray(small).save(thumbs / f"{slug}.webp", quality=80)
        codes.append(code)
        entries.append({"name": slug, "title": title, "artist": artist, "year": year, "file": f"thumbs/{slug}.webp"})
    np.save(folder / CODES, np.stack(codes).astype(np.float32))
    text = json.dumps(entries, indent=1, ensure_ascii=False)
    (folder / "presets" / "presets.json").write_text(text + "\n", encoding="utf-8")
    update_manifest(folder)
    return [slug for slug, *_ in facts]


def _fitted(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    height, width = fit_size(pixels.shape[0], pixels.shape[1], long_side)
    return resize(pixels, height, width)
