"""What ``impasto evaluate`` measures: two folders of pictures, and somebody's pastiche of each pair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from impasto.cli.plan import PHOTO_SUFFIXES
from impasto.errors import ImageError, UsageError
from impasto.image.io import read_picture
from impasto.image.levels import Pixels

if TYPE_CHECKING:
    from impasto.inference.stylizer import Stylizer
    from impasto.metrics.report import Painter, Sample

__all__ = ["Pastiche", "Pixels", "found_in", "name_of", "painted_by", "painted_by_preset", "read_samples"]

Pastiche: TypeAlias = "Callable[[Sample, Sample], Pixels]"


def read_samples(folder: Path, limit: int | None, size: int) -> tuple[list[Sample], list[str]]:
    """The centre crops of a folder's first readable pictures by name, and why others were left out.

    Raises:
        ImageError: there is no such folder, or it holds no readable picture.
        UsageError: two pictures differ only in their suffix.
    """
    from impasto.metrics.report import Sample
    from impasto.metrics.stylization import centre_crop

    if not folder.is_dir():
        raise ImageError(f"{folder} is not a folder; give a folder of pictures")
    files = (file for file in folder.iterdir() if file.suffix.lower() in PHOTO_SUFFIXES and file.name[0] != ".")
    samples: dict[str, Sample] = {}
    skipped: list[str] = []
    for file in sorted(files):
        if len(samples) == limit:
            break
        try:
            sample = Sample(file.stem, centre_crop(read_picture(file).visible, size))
        except ImageError as error:
            skipped.append(str(error))
            continue
        if sample.name in samples:
            raise UsageError(f"{folder} holds two pictures named {file.stem}, which cannot be told apart; rename one")
        samples[sample.name] = sample
    if not samples:
        found = f"{len(skipped)} pictures, none of them readable" if skipped else "no pictures"
        raise ImageError(f"the folder {folder} holds {found}; expected some of {', '.join(PHOTO_SUFFIXES)}")
    return list(samples.values()), skipped


def painted_by(painter: Painter) -> Pastiche:
    """Pastiches painted on demand; each style is encoded once."""
    codes: dict[str, Any] = {}

    def paint(photo: Sample, style: Sample) -> Pixels:
        if style.name not in codes:
            codes[style.name] = painter.encode_style(style.pixels)
        return painter.stylize(photo.pixels, codes[style.name])

    return paint


def painted_by_preset(stylizer: Stylizer) -> Pastiche:
    """Pastiches of a model that paints only its presets, which are found by the style pictures' names."""
    return lambda photo, style: stylizer.stylize(photo.pixels, style.name)


def found_in(folder: Path, photos: list[Sample], styles: list[Sample], size: int) -> Pastiche:
    """Pastiches read from files named as :func:`name_of` says, each of ``size`` × ``size`` pixels.

    Raises:
        ImageError: one is missing; later, when its turn comes: one is unreadable or has another size.
    """
    names = [name_of(photo, style) for style in styles for photo in photos]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ImageError(
            f"{folder} lacks {missing[0]}{others}; expected PHOTO--STYLE.png for each of {len(names)} pairs"
        )

    def find(photo: Sample, style: Sample) -> Pixels:
        file = folder / name_of(photo, style)
        pixels = read_picture(file).visible
        if pixels.shape[:2] != (size, size):
            height, width = pixels.shape[:2]
            raise ImageError(f"{file} has {width}×{height} pixels, expected the photo's centre crop of {size}×{size}")
        return pixels

    return find


def name_of(photo: Sample, style: Sample) -> str:
    """The file name of a pair's pastiche, made of the originals' names without their suffixes."""
    return f"{photo.name}--{style.name}.png"
