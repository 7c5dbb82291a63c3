"""Which photo is painted into which file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.errors import ImageError, OutputExists, UsageError
from impasto.image.io import WRITABLE

__all__ = ["STANDARD_STREAM", "Job", "plan"]

STANDARD_STREAM = "-"
PHOTO_SUFFIXES = (*WRITABLE, ".gif")
FALLBACK_SUFFIX = ".png"  # for what cannot be written in its own format, such as GIF


@dataclass(frozen=True)
class Job:
    """One photo and where its pastiche goes; ``None`` is standard input or output."""

    source: Path | None
    target: Path | None

    @property
    def name(self) -> str:
        """The source as the user should read it."""
        return STANDARD_STREAM if self.source is None else str(self.source)


def plan(photos: Sequence[str], output: str | None, label: str, *, overwrite: bool) -> list[Job]:
    """Pair every photo with its target; no two targets are the same file, and none is a photo of this run.

    - one photo and ``output``: exactly that file, or into it if it is a folder or ends in a slash;
    - one photo without ``output``: ``PHOTO-LABEL`` beside the photo; from standard input to standard output;
    - several photos or a folder: ``PHOTO-LABEL`` in the folder ``output``, or else beside each photo or in the folder
      ``FOLDER-LABEL``. A second photo of the same name gets ``-2``.

    Raises:
        OutputExists: the target of the only photo exists and ``overwrite`` is false. Of several photos, those are left
            to fail one by one.
        UsageError, ImageError: the arguments do not fit together, or there are no photos.
    """
    if list(photos) == [STANDARD_STREAM]:
        return [_single(None, output, label, overwrite=overwrite)]
    if STANDARD_STREAM in photos:
        raise UsageError("standard input (-) can only be painted alone; give either - or photos")
    if len(photos) == 1 and not Path(photos[0]).is_dir():
        return [_single(Path(photos[0]), output, label, overwrite=overwrite)]
    if output == STANDARD_STREAM:
        raise UsageError("several photos cannot go to standard output; give a folder with -o")
    if output is not None and Path(output).is_file():
        raise UsageError(f"{output} is a file, but several photos need a folder; give a folder with -o")
    pairs = [(source, folder if output is None else Path(output)) for source, folder in _sources(photos, label)]
    return _without_collisions(pairs, label)


def _single(source: Path | None, output: str | None, label: str, *, overwrite: bool) -> Job:
    if output == STANDARD_STREAM or (output is None and source is None):
        return Job(source, None)
    name = _pastiche_name(source or Path("pastiche"), label)
    if output is None:
        target = (source or Path()).with_name(name)
    elif Path(output).is_dir() or output.endswith(("/", "\\")):
        target = Path(output) / name
    else:
        target = Path(output)
        if target.suffix.lower() not in WRITABLE:
            raise UsageError(f"cannot write {target}: its suffix is none of {', '.join(WRITABLE)}")
        if not target.parent.is_dir():
            raise ImageError(f"cannot write {target}: the folder {target.parent} does not exist")
    if source is not None and _same(source, target):
        raise UsageError(f"{target} is the photo itself; give another name with -o")
    if target.exists() and not overwrite:
        raise OutputExists(f"{target} exists already; give another name with -o, or --overwrite")
    return Job(source, target)


def _sources(photos: Iterable[str], label: str) -> list[tuple[Path, Path]]:
    """Every photo with the folder its pastiche goes to unless another is asked for."""
    found: list[tuple[Path, Path]] = []
    for photo in map(Path, photos):
        if not photo.is_dir():
            found.append((photo, photo.parent))
            continue
        inside = sorted(file for file in photo.iterdir() if _is_photo(file))
        if not inside:
            raise ImageError(f"the folder {photo} holds no pictures ({', '.join(PHOTO_SUFFIXES)})")
        beside = photo.resolve()
        found.extend((file, beside.with_name(f"{beside.name}-{label}")) for file in inside)
    return found


def _is_photo(file: Path) -> bool:
    return file.suffix.lower() in PHOTO_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _without_collisions(pairs: Sequence[tuple[Path, Path]], label: str) -> list[Job]:
    taken = {_identity(source) for source, _ in pairs}
    jobs = []
    for source, folder in pairs:
        number = 1
        while _identity(target := folder / _pastiche_name(source, label, number)) in taken:
            number += 1
        taken.add(_identity(target))
        jobs.append(Job(source, target))
    return jobs


def _pastiche_name(source: Path, label: str, number: int = 1) -> str:
    suffix = source.suffix if source.suffix.lower() in WRITABLE else FALLBACK_SUFFIX
    return f"{source.stem}-{label}{'' if number == 1 else f'-{number}'}{suffix}"


def _identity(path: Path) -> str:
    # Some file systems do not tell A.jpg from a.jpg.
    return str(path.resolve()).casefold()


def _same(one: Path, other: Path) -> bool:
    return _identity(one) == _identity(other)
