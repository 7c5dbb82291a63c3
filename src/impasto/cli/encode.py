"""``impasto encode``: save a style code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.inputs import files_named
from impasto.errors import UsageError
from impasto.files import check_target
from impasto.image.io import read_picture
from impasto.options import EncodeOptions

__all__ = ["command"]


@click.command("encode")
@click.argument("picture", type=click.Path(path_type=Path), metavar="PICTURE")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The code's file; PICTURE.npz unless given."
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@json_flag
@options_from(EncodeOptions)
def command(picture: Path, output: Path | None, overwrite: bool, as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """Save the style of PICTURE as a style code: a small file that --style takes instead of the picture."""
    options = EncodeOptions(**given)
    target = output or picture.with_suffix(".npz")
    if target.suffix.lower() != ".npz":
        raise UsageError(
            f"{target} does not end in .npz, by which style codes are told from pictures; give such a name"
        )
    check_target(target, overwrite=overwrite, inputs=files_named(picture))
    stylizer = load_stylizer(options)
    code = stylizer.encode_style(read_picture(picture).visible, size=options.style_size)
    stylizer.save_code(target, code, overwrite=overwrite)
    facts = {"output": str(target), "model": stylizer.manifest.name, "numbers": int(code.size)}
    click.echo(json.dumps(facts) if as_json else str(target))
    return 0
