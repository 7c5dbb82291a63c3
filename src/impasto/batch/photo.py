"""One photo painted from file to file, by whoever does it: the command line, or a worker on a cluster."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.batch.job import Job, Outcome
from impasto.batch.large_photo import Progress, is_large, paint_large_photo
from impasto.errors import ImageError, ImpastoError, OutputExists, UsageError, unexpected
from impasto.image.deep import DeepPixels
from impasto.image.io import DEEP_FORMATS, WRITABLE, Picture, format_of, read_picture, write_picture
from impasto.image.resize import resize
from impasto.inference.compose import compose
from impasto.inference.engine import FixedShapes, open_engine
from impasto.inference.stylizer import Stylizer
from impasto.options import EngineOptions, StylizeOptions
from impasto.weights.catalog import find_model

logger = logging.getLogger(__name__)

__all__ = ["Recipe", "attempt", "load_stylizer", "paint_photo"]


@dataclass(frozen=True, eq=False)
class Recipe:
    """All that photos of one run have in common; it can be sent to another process.

    Attributes:
        options: which model, on which engine, and the quality of what is written.
        painting: the arguments of :func:`impasto.inference.compose.compose` but the stylizer and the photo.
        overwrite: replace files that exist.
        shapes: heights and widths to prepare for, as many photos have them.
    """

    options: StylizeOptions
    painting: Mapping[str, Any]
    overwrite: bool = False
    shapes: frozenset[tuple[int, int]] = frozenset()


def load_stylizer(options: EngineOptions, *, streams: int | None = None, shapes: FixedShapes = frozenset()) -> Stylizer:
    """The model and engine that the options name.

    Args:
        streams: photos painted at the same time, each on one thread; see :func:`impasto.inference.engine.open_engine`.
        shapes: what to prepare for; see :class:`impasto.inference.stylizer.Stylizer`. None unless given, so that equal
            photos are painted the same to the last bit.

    Raises:
        As :meth:`impasto.inference.stylizer.Stylizer.load`.
    """
    engine = open_engine(
        options.engine,
        device=options.device,
        threads=options.threads,
        precision=options.precision,
        streams=streams,
    )
    return Stylizer(find_model(options.model), engine, fixed_shapes=shapes)


def paint_photo(job: Job, recipe: Recipe, stylizer: Stylizer, progress: Progress | None = None) -> Outcome:
    """Read a photo, paint it, write the pastiche with the photo's transparency, EXIF data and resolution.

    A 16-bit TIFF or PNG is painted with 16 bits and keeps its profile, if it is written in one of these formats. A
    picture too large for memory is painted in parts, from file to file; ``progress`` is told how many are done.

    Raises:
        ImpastoError: it cannot be read, painted or written; nothing has been written then.
    """
    if job.target is not None and job.target.exists() and not recipe.overwrite:
        raise OutputExists(f"{job.target} exists already; give another place with -o, or --overwrite")
    started = time.perf_counter()
    if (
        job.source is not None
        and job.target is not None
        and is_large(job.source, job.target, recipe.painting, stylizer)
    ):
        _make_folder(job.target.parent)
        height, width = paint_large_photo(
            job.source,
            job.target,
            recipe.painting,
            stylizer,
            quality=recipe.options.quality,
            overwrite=recipe.overwrite,
            progress=progress,
        )
        return Outcome(job, "painted", width, height, time.perf_counter() - started)
    # The screen's formats have 8 bits, for which the photo need not be painted with more.
    deep = job.target is None or format_of(job.target) in DEEP_FORMATS
    picture = read_picture(_standard_input() if job.source is None else job.source, deep=deep)
    if picture.frames > 1:
        logger.warning("%s: of %d pictures only the first is painted", job.name, picture.frames)
    content: DeepPixels | Picture = picture.deep or picture
    pastiche = compose(stylizer, content.visible, **recipe.painting)
    height, width = pastiche.shape[:2]
    details: dict[str, Any] = {
        "alpha": None if content.alpha is None else resize(content.alpha, height, width),
        "exif": picture.exif,
        "dpi": picture.dpi,
        "profile": picture.deep and picture.deep.profile,
        "quality": recipe.options.quality,
    }
    if job.target is None:
        kind = picture.format if picture.format in WRITABLE.values() else "PNG"
        write_picture(sys.stdout.buffer, pastiche, format=kind, **details)
    else:
        _make_folder(job.target.parent)
        write_picture(job.target, pastiche, overwrite=recipe.overwrite, **details)
    return Outcome(job, "painted", width, height, time.perf_counter() - started, frames=picture.frames)


def attempt(job: Job, recipe: Recipe, stylizer: Stylizer) -> Outcome:
    """:func:`paint_photo`, but an error is the outcome, so that it stops nothing else."""
    started = time.perf_counter()
    try:
        return paint_photo(job, recipe, stylizer)
    except ImpastoError as found:
        error = found
    except MemoryError:
        error = ImageError("there is not enough memory; paint smaller with --size, or fewer at once with --jobs")
    except OSError as found:
        error = ImageError(str(found))
    except Exception as found:
        logger.debug("%s", job.name, exc_info=True)
        error = ImageError(unexpected(found))
    return Outcome(job, "failed", seconds=time.perf_counter() - started, error=error)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"cannot make the folder {folder}: {error.strerror}") from None


def _standard_input() -> bytes:
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal; pipe a picture into it, or name a file")
    return sys.stdin.buffer.read()
