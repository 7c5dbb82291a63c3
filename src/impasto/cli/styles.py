"""``impasto styles``: the presets, as a list or all on one sheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.errors import StyleError, UsageError
from impasto.files import check_target, fitting_name
from impasto.options import EngineOptions
from impasto.weights.catalog import find_model
from impasto.weights.presets import Preset, read_presets

__all__ = ["command"]

SHEET_CELL = 320  # pixels


@click.command("styles")
@click.option(
    "--sheet", type=click.Path(path_type=Path), metavar="PHOTO", help="Paint PHOTO in every style, on one sheet."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The sheet's file; PHOTO-styles.jpg unless given.",
)
@click.option("--overwrite", is_flag=True, help="Replace the sheet's file if it exists.")
@json_flag
@options_from(EngineOptions)
def command(sheet: Path | None, output: Path | None, overwrite: bool, as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """List the preset styles that --style takes, or paint a photo in all of them on one labelled sheet."""
    options = EngineOptions(**given)
    if sheet is not None:
        target = output or sheet.with_name(fitting_name(sheet.stem, "-styles.jpg"))
        _paint_sheet(sheet, target, options, overwrite=overwrite)
        click.echo(json.dumps({"output": str(target)}) if as_json else str(target))
        return 0
    if output is not None:
        raise UsageError("-o is the file of a sheet; give a photo with --sheet")
    presets = read_presets(find_model(options.model)).entries
    if as_json:
        click.echo(json.dumps([_facts(preset) for preset in presets], indent=2))
        return 0
    from impasto.cli.table import print_table

    print_table(
        ("style", "title", "artist", "year", "learnt"),
        [(one.name, one.title, one.artist, one.year, "yes" if one.learnt else "") for one in presets],
    )
    return 0


def _facts(preset: Preset) -> dict[str, str | bool | None]:
    return {
        "name": preset.name,
        "title": preset.title,
        "artist": preset.artist,
        "year": preset.year,
        "learnt": preset.learnt,
        "thumbnail": None if preset.thumbnail is None else str(preset.thumbnail),
    }


def _paint_sheet(photo: Path, target: Path, options: EngineOptions, *, overwrite: bool) -> None:
    from impasto.image.io import read_picture, write_picture
    from impasto.image.resize import fit_size, resize
    from impasto.image.sheet import contact_sheet

    check_target(target, overwrite=overwrite, inputs=[photo])
    stylizer = load_stylizer(options)
    if not stylizer.presets:
        raise StyleError(f"the model {stylizer.manifest.name!r} has no preset styles to paint a sheet of")
    pixels = read_picture(photo).visible
    height, width = fit_size(pixels.shape[0], pixels.shape[1], SHEET_CELL)
    small = resize(pixels, height, width)
    cells = [("photo", small)]
    cells += [(preset.name, stylizer.stylize(small, preset.name)) for preset in stylizer.presets]
    write_picture(target, contact_sheet(cells), overwrite=overwrite)
