"""Many photos from Python with one call; the command line plans its own targets and calls :func:`run_batch` itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from impasto.batch.job import Job, Outcome
from impasto.batch.photo import Recipe, load_stylizer
from impasto.batch.run import run_batch
from impasto.image.io import WRITABLE
from impasto.inference.stylizer import Style
from impasto.options import BatchOptions, LookOptions, StylizeOptions

__all__ = ["paint_files"]

MIXTURE = "as given"  # stands for the styles where an options class wants their names


def paint_files(
    photos: Iterable[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    style: Style,
    *,
    look: LookOptions | None = None,
    model: str = "default",
    jobs: int | None = None,
    quality: int = 92,
    overwrite: bool = False,
    skip_existing: bool = False,
    manifest: str | None = None,
) -> Iterator[Outcome]:
    """Paint photos into a folder, several at a time; one that cannot be painted is an outcome, and stops nothing.

    Args:
        photos: their files.
        folder: where the pastiches go, under the photos' own names (a PNG for what cannot be written, ``-2`` for a
            second photo of one name); it is made if need be.
        style: as in :meth:`impasto.Stylizer.stylize`; encoded once.
        look: strength, size, strokes and colours.
        model: its name, or the folder of an exported one.
        jobs: photos painted at the same time; one for each processor core, at most 8, unless given.
        quality: 1 to 100, of JPEG, WebP and AVIF.
        overwrite, skip_existing: what becomes of pastiches that exist: replaced, left out, or else failed.
        manifest: a file that gets a line of JSON for each photo.

    Yields:
        An outcome for each photo, as it is ready: ``job.source``, ``job.target``, ``status``, ``seconds``, ``error``.

    Raises:
        ImpastoError: the model, the style or the manifest cannot be used; nothing has been painted then.
    """
    look = look or LookOptions()
    shown = {name: getattr(look, name) for name in LookOptions.__dataclass_fields__}
    options = StylizeOptions(style=(MIXTURE,), model=str(model), quality=quality, **shown)
    stylizer = load_stylizer(options)
    given = style if look.color_when == "before" else stylizer.resolve(style, size=look.style_size)
    painting = {"style": given, "look": look, "regions": (), "strength_map": None, "palette": None}
    recipe = Recipe(options, painting, overwrite)
    batch = BatchOptions(jobs=jobs, skip_existing=skip_existing, manifest=manifest)
    yield from run_batch(_jobs(photos, Path(folder)), recipe, batch, stylizer)


def _jobs(photos: Iterable[str | os.PathLike[str]], folder: Path) -> list[Job]:
    found: list[Job] = []
    taken: set[str] = set()
    for photo in map(Path, photos):
        suffix = photo.suffix if photo.suffix.lower() in WRITABLE else ".png"
        number, name = 1, f"{photo.stem}{suffix}"
        while name.casefold() in taken:
            number += 1
            name = f"{photo.stem}-{number}{suffix}"
        taken.add(name.casefold())
        found.append(Job(photo, folder / name))
    return found
