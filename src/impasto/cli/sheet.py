"""``impasto sheet``: many pastiches side by side, on one labelled picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import click
import numpy as np

from impasto.cli.composition import style_for
from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.inputs import files_named
from impasto.cli.progress import progress
from impasto.cli.style_argument import label_of
from impasto.errors import UsageError
from impasto.files import check_target, fitting_name
from impasto.image.io import read_picture, write_picture
from impasto.image.levels import Pixels
from impasto.image.resize import fit_size, resize
from impasto.image.sheet import contact_sheet, labelled_grid
from impasto.inference.compose import compose
from impasto.inference.stylizer import Stylizer
from impasto.options import SheetOptions

__all__ = ["command"]

MOST_PIXELS = 50_000_000  # of a sheet, which is kept in memory
PAINTED = 512  # pixels of the long side; strokes of a smaller painting would be too large beside the photo's things
Cell: TypeAlias = "tuple[Pixels, Any, SheetOptions]"  # a photo, its style and how to paint it

EXAMPLES = """\b
Examples:
  impasto sheet a.jpg b.jpg --style starry-night --style udnie
  impasto sheet photo.jpg --style udnie --strengths 0,.25,.5,.75,1
  impasto sheet photo.jpg --corners starry-night udnie the-scream great-wave --steps 5
"""


@click.command("sheet", epilog=EXAMPLES)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options_from(SheetOptions)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The sheet's file; PHOTO-sheet.jpg, after the first photo, unless given.",
)
@click.option("--overwrite", is_flag=True, help="Replace the sheet's file if it exists.")
@json_flag
def command(photos: tuple[str, ...], output: Path | None, overwrite: bool, as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """Paint a table of pastiches: photos by styles, by strengths, or a square between four styles."""
    options = SheetOptions(**given)
    target = output or Path(photos[0]).with_name(fitting_name(Path(photos[0]).stem, "-sheet.jpg"))
    check_target(target, overwrite=overwrite, inputs=files_named(photos, options.style, options.corners))
    if options.corners and len(photos) > 1:
        raise UsageError(f"{len(photos)} photos were given, but a square between four styles is of one photo")
    _check_extent(len(photos), options)
    stylizer = load_stylizer(options)
    pixels = [_shown(read_picture(photo).visible, options) for photo in photos]
    if options.corners:
        sheet = _square(pixels[0], options, stylizer)
    else:
        sheet = _table([Path(photo).stem for photo in photos], pixels, options, stylizer)
    write_picture(target, sheet, quality=options.quality, overwrite=overwrite)
    height, width = sheet.shape[:2]
    facts = {"model": stylizer.manifest.name, "output": str(target), "width": width, "height": height}
    click.echo(json.dumps(facts, indent=2) if as_json else f"{target}  {width}×{height}")
    return 0


def _check_extent(photos: int, options: SheetOptions) -> None:
    """Refuse a sheet of too many pixels before painting it, not after."""
    columns = len(options.strengths) or len(options.style) + 1
    rows = photos * (len(options.style) if options.strengths else 1)
    cells = options.steps**2 if options.corners else rows * columns
    if cells * options.cell**2 > MOST_PIXELS:
        raise UsageError(
            f"the sheet would have {cells} cells of {options.cell} pixels a side, more than the {MOST_PIXELS:,} pixels "
            "that fit on one; give a smaller --cell or fewer styles and photos"
        )


def _shown(photo: Pixels, options: SheetOptions) -> Pixels:
    """The photo in the size in which it is painted."""
    return resize(photo, *fit_size(photo.shape[0], photo.shape[1], options.size or max(PAINTED, options.cell)))


def _table(names: Sequence[str], photos: Sequence[Pixels], options: SheetOptions, stylizer: Stylizer) -> Pixels:
    styles = [(label_of([name], stylizer), style_for(options, stylizer, name)) for name in options.style]
    cells: list[list[Cell]]
    if options.strengths:
        pairs = list(product(zip(names, photos, strict=True), styles))
        labels = [_row_label(name, style, len(names), len(styles)) for (name, _), (style, _) in pairs]
        columns = [f"{strength:g}" for strength in options.strengths]
        looks = [replace(options, strength=strength) for strength in options.strengths]
        cells = [[(photo, style, look) for look in looks] for (_, photo), (_, style) in pairs]
    else:
        labels = list(names) if len(names) > 1 else [""]
        columns = ["photo", *(label for label, _ in styles)]
        cells = [[(photo, style, options) for style in (None, *(style for _, style in styles))] for photo in photos]
    return labelled_grid(labels, columns, _painted(cells, stylizer), side=options.cell)


def _row_label(photo: str, style: str, photos: int, styles: int) -> str:
    """What tells a row from the others: its style, its photo, or both."""
    parts = [photo] if photos > 1 else []
    return " · ".join([*parts, style] if styles > 1 or not parts else parts)


def _square(photo: Pixels, options: SheetOptions, stylizer: Stylizer) -> Pixels:
    """Mixtures of four styles, each more of a corner's the nearer they are to it."""
    corners = [style_for(options, stylizer, name) for name in options.corners]
    steps = np.linspace(0, 1, options.steps)
    mixtures = [[(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u] for v in steps for u in steps]
    cells: list[Cell] = [(photo, list(zip(corners, weights, strict=True)), options) for weights in mixtures]
    painted = _painted([cells], stylizer)[0]
    labels = [""] * len(painted)
    for place, name in zip((0, options.steps - 1, -options.steps, -1), options.corners, strict=True):
        labels[place] = label_of([name], stylizer)
    return contact_sheet(list(zip(labels, painted, strict=True)), columns=options.steps, side=options.cell)


def _painted(cells: Sequence[Sequence[Cell]], stylizer: Stylizer) -> list[list[Pixels]]:
    """The cells' pictures; one without a style is its photo."""
    with progress("painting", sum(map(len, cells))) as advance:

        def paint(cell: Cell) -> Pixels:
            photo, style, look = cell
            pastiche = compose(stylizer, photo, style, look=look)
            advance()
            return pastiche

        return [[paint(cell) for cell in row] for row in cells]
