"""Which film is painted into which file, and which style is painted when."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.cli.plan import PHOTO_SUFFIXES
from impasto.cli.style_argument import encode_style, split_weight
from impasto.errors import UsageError, VideoError
from impasto.files import fitting_name, is_input
from impasto.inference.codes import Code
from impasto.inference.stylizer import Stylizer

__all__ = ["FilmJob", "plan_films", "split_time", "style_marks"]

logger = logging.getLogger(__name__)

FILM_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv", ".flv"),
    *(".3gp", ".ogv", ".vob", ".mxf", ".y4m", ".gif"),
)
KEPT_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png")
USUAL_SUFFIX = ".mp4"
TIME = re.compile(r"(?P<style>.+)@(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+(?:\.\d+)?)s?")


@dataclass(frozen=True)
class FilmJob:
    """A film, or a folder of frames, and where its pastiche goes."""

    source: Path | str
    target: Path


def plan_films(films: Sequence[str], output: str | None, label: str) -> list[FilmJob]:
    """Pair every film with its target. A folder stands for the films in it, or for one film if it holds only pictures.

    Pictures beside films are left out, which is logged; where a single file is to come of both, that is refused.

    Raises:
        UsageError, VideoError: the arguments do not fit together, or there are no films.
    """
    sources: list[Path | str] = []
    mixed: list[str] = []
    for film in films:
        path = Path(film)
        if "://" in film or not path.is_dir():
            sources.append(film if "://" in film else path)
            continue
        inside = sorted(one for one in path.iterdir() if one.is_file() and one.name[0] != ".")
        clips = [one for one in inside if one.suffix.lower() in FILM_SUFFIXES]
        pictures = [one for one in inside if one.suffix.lower() in PHOTO_SUFFIXES and one not in clips]
        if not clips and not pictures:
            raise VideoError(f"the folder {film} holds neither films nor frames")
        if clips and pictures:
            mixed.append(f"{film} holds {len(clips)} films and {len(pictures)} pictures")
        sources += clips or [path]
    whole = output is not None and len(sources) == 1 and not Path(output).is_dir() and not output.endswith(("/", "\\"))
    if whole:
        assert output is not None
        if mixed:
            raise UsageError(f"{mixed[0]}, of which either could become {output}; name the film, or move it elsewhere")
        return [FilmJob(sources[0], Path(output))]
    for words in mixed:
        logger.warning("%s; the pictures are left out", words)
    if output is not None and Path(output).is_file():
        raise UsageError(f"{output} is a file, but several films need a folder; give a folder with -o")
    jobs: list[FilmJob] = []
    taken = {str(Path(one).resolve()).casefold() for one in sources}
    files = [Path(one) for one in sources if isinstance(one, Path)]
    for source in sources:
        path = Path(str(source).rstrip("/").rpartition("/")[2]) if isinstance(source, str) else source
        suffix = path.suffix if path.suffix.lower() in KEPT_SUFFIXES else USUAL_SUFFIX
        folder = Path(output) if output is not None else (Path() if isinstance(source, str) else path.parent)
        number, target = 1, folder / fitting_name(path.stem, f"-{label}{suffix}")
        while str(target.resolve()).casefold() in taken or is_input(target, files):
            number += 1
            target = folder / fitting_name(path.stem, f"-{label}-{number}{suffix}")
        taken.add(str(target.resolve()).casefold())
        jobs.append(FilmJob(source, target))
    return jobs


def split_time(style: str) -> tuple[str, float | None]:
    """``STYLE@1:30`` as ``("STYLE", 90.0)``; a style without time as it is. A file may be called ``a@1.png``."""
    found = TIME.fullmatch(style)
    if found is None or Path(style).exists():
        return style, None
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    return found["style"], 3600 * hours + 60 * minutes + float(found["seconds"])


def style_marks(stylizer: Stylizer, styles: Sequence[str], size: int | None) -> list[tuple[float, Code]]:
    """The style codes from each time on; styles of one time are mixed.

    Raises:
        ImpastoError: one of them is no style.
        UsageError: some have a time and others have none.
    """
    pairs = [split_time(style) for style in styles]
    if len({time is None for _, time in pairs}) > 1:
        raise UsageError("some styles have a time and others have none; give each a time, such as udnie@0s")
    marks = []
    for time in sorted({time or 0.0 for _, time in pairs}):
        parts = [split_weight(style, stylizer) for style, other in pairs if (other or 0.0) == time]
        codes = [encode_style(stylizer, name, size) for name, _ in parts]
        marks.append((time, stylizer.mix(codes, [weight for _, weight in parts])))
    return marks
