"""Which photo is painted into which file."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.batch.job import STANDARD_STREAM, Job
from impasto.errors import ImageError, UsageError
from impasto.files import check_target, fitting_name
from impasto.image.io import READABLE_SUFFIXES, WRITABLE
from impasto.image.phone import RAW_SUFFIXES

__all__ = ["left_out", "plan"]

PHOTO_SUFFIXES = READABLE_SUFFIXES
UNREAD_SUFFIXES = RAW_SUFFIXES.union((".jxl", ".jp2", ".j2k", ".psd", ".svg", ".exr", ".hdr", ".tga", ".ppm"))
# For what cannot be written in its own format: photos stay photos, and GIFs may be cut out.
FALLBACK_SUFFIXES = {".heic": ".jpg", ".heif": ".jpg", ".hif": ".jpg"}
FALLBACK_SUFFIX = ".png"


@dataclass(frozen=True)
class _Found:
    """A photo; the folder its pastiche goes to unless another is asked for; and the folders below either to keep."""

    source: Path
    home: Path
    below: Path


def plan(
    photos: Sequence[str],
    output: str | None,
    label: str,
    *,
    overwrite: bool,
    recursive: bool = False,
    inputs: Sequence[Path] = (),
) -> list[Job]:
    """Pair every photo with its target; no two targets are the same file, and none is a photo or one of ``inputs``.

    - one photo and ``output``: exactly that file, or into it if it is a folder or ends in a slash;
    - one photo without ``output``: ``PHOTO-LABEL`` beside the photo, ``PHOTO-LABEL-2`` if that exists and
      ``overwrite`` is false; from standard input to standard output;
    - several photos or a folder: ``PHOTO-LABEL`` in the folder ``output``, or else beside each photo or in the folder
      ``FOLDER-LABEL``. A second photo of the same name gets ``-2``;
    - a pattern such as ``trip/**/*.jpg`` stands for the photos it matches, for shells that do not expand patterns and
      for more photos than a command line holds.

    What is found below a folder (if ``recursive``), or below the fixed part of a pattern, keeps its path in ``output``
    or ``FOLDER-LABEL``. Hidden files and folders, links to folders and ``output`` itself are left out.

    Raises:
        OutputExists: the file named for the only photo exists and ``overwrite`` is false. Of several photos, those
            are left to fail one by one.
        UsageError, ImageError: the arguments do not fit together, or there are no photos.
    """
    if list(photos) == [STANDARD_STREAM]:
        return [_single(None, output, label, overwrite=overwrite, inputs=inputs)]
    if STANDARD_STREAM in photos:
        raise UsageError("standard input (-) can only be painted alone; give either - or photos")
    if len(photos) == 1 and not Path(photos[0]).is_dir() and not _is_pattern(photos[0]):
        return [_single(Path(photos[0]), output, label, overwrite=overwrite, inputs=inputs)]
    if output == STANDARD_STREAM:
        raise UsageError("several photos cannot go to standard output; give a folder with -o")
    if output is not None and (Path(output).is_file() or (_names_picture(output) and not Path(output).is_dir())):
        raise UsageError(f"{output} is a file's name, but several photos need a folder; give a folder with -o")
    found = _sources(photos, label, None if output is None else Path(output), recursive=recursive)
    return _without_collisions(found, output, label, inputs)


def _single(source: Path | None, output: str | None, label: str, *, overwrite: bool, inputs: Sequence[Path]) -> Job:
    if output == STANDARD_STREAM or (output is None and source is None):
        return Job(source, None)
    name = _pastiche_name(source or Path("pastiche"), label)
    made_up = output is None or Path(output).is_dir() or output.endswith(("/", "\\"))
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
    number = 2
    while made_up and target.exists() and not overwrite:
        target = target.with_name(_pastiche_name(source or Path("pastiche"), label, number))
        number += 1
    check_target(target, overwrite=overwrite, inputs=[*inputs, *filter(None, [source])])
    return Job(source, target)


def _sources(photos: Iterable[str], label: str, output: Path | None, *, recursive: bool) -> list[_Found]:
    found: list[_Found] = []
    for given in photos:
        photo = Path(given)
        if photo.is_dir():
            beside = photo.resolve()
            home = beside.with_name(f"{beside.name}-{label}")
            inside = _inside(photo, home if output is None else output, recursive=recursive)
            found.extend(_Found(file, home, file.parent.relative_to(photo)) for file in sorted(inside))
        elif _is_pattern(given):
            root = _fixed_part(given)
            matches = sorted(filter(_is_photo, map(Path, glob.glob(given, recursive=True))))  # noqa: PTH207 - no root
            if not matches:
                raise ImageError(f"no picture matches {given} ({', '.join(PHOTO_SUFFIXES)})")
            # Without ``output`` each pastiche goes beside its photo.
            found += [_Found(file, root, file.parent.relative_to(root)) for file in matches]
        else:
            found.append(_Found(photo, photo.parent, Path()))
    return found


def _inside(folder: Path, left_out: Path, *, recursive: bool) -> list[Path]:
    """The photos in a folder; in the order of the file system."""
    inside = []
    for here, folders, files in os.walk(folder):
        inside += [file for name in files if _is_photo(file := Path(here, name))]
        folders[:] = [one for one in folders if not one.startswith(".") and not _same(Path(here, one), left_out)]
        if not recursive:
            if not inside and any(_holds_photos(Path(here, one)) for one in folders):
                raise ImageError(f"the folder {folder} holds pictures only in its folders; paint them with --recursive")
            break
    if not inside:
        raise ImageError(f"the folder {folder} holds no pictures ({', '.join(PHOTO_SUFFIXES)})")
    return inside


def left_out(photos: Sequence[str], *, recursive: bool = False) -> list[Path]:
    """Files in the folders given that are pictures by their names, but of kinds that are not read."""
    found = []
    for folder in filter(Path.is_dir, map(Path, photos)):
        for here, folders, files in os.walk(folder):
            found += [Path(here, name) for name in files if Path(name).suffix.lower() in UNREAD_SUFFIXES]
            folders[:] = [one for one in folders if recursive and not one.startswith(".")]
    return sorted(one for one in found if not one.name.startswith("."))


def _holds_photos(folder: Path) -> bool:
    try:
        return any(map(_is_photo, folder.iterdir()))
    except OSError:
        return False


def _names_picture(output: str) -> bool:
    return Path(output).suffix.lower() in PHOTO_SUFFIXES and not output.endswith(("/", "\\"))


def _is_pattern(given: str) -> bool:
    # A file may be called photo[1].jpg.
    return glob.has_magic(given) and not Path(given).exists()


def _fixed_part(pattern: str) -> Path:
    parts = Path(pattern).parts
    return Path(*parts[: next(index for index, part in enumerate(parts) if glob.has_magic(part))])


def _is_photo(file: Path) -> bool:
    return file.suffix.lower() in PHOTO_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _without_collisions(found: Sequence[_Found], output: str | None, label: str, inputs: Sequence[Path]) -> list[Job]:
    taken = {_identity(one.source) for one in found}
    files = _facts_of([*inputs, *(one.source for one in found)])
    jobs = []
    for one in found:
        folder = (one.home if output is None else Path(output)) / one.below
        number = 1
        while (
            _identity(target := folder / _pastiche_name(one.source, label, number)) in taken or _facts(target) in files
        ):
            number += 1
        taken.add(_identity(target))
        jobs.append(Job(one.source, target))
    return jobs


def _pastiche_name(source: Path, label: str, number: int = 1) -> str:
    given = source.suffix.lower()
    suffix = source.suffix if given in WRITABLE else FALLBACK_SUFFIXES.get(given, FALLBACK_SUFFIX)
    return fitting_name(source.stem, f"-{label}{'' if number == 1 else f'-{number}'}{suffix}")


def _facts_of(files: Iterable[Path]) -> set[tuple[int, int]]:
    return {facts for file in files if (facts := _facts(file)) is not None}


def _facts(file: Path) -> tuple[int, int] | None:
    """What tells a file from all others, whatever links lead to it."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _identity(path: Path) -> str:
    # Some file systems do not tell A.jpg from a.jpg.
    return str(path.resolve()).casefold()


def _same(one: Path, other: Path) -> bool:
    return _identity(one) == _identity(other)
