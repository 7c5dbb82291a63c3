"""``impasto export``: from a training run to a folder that ``--model`` takes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import check_free, json_flag
from impasto.errors import UsageError

__all__ = ["command"]


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The model's folder."
)
@click.option("--name", help="What people call the model; the folder's name unless given.")
@click.option(
    "--presets", type=click.Path(path_type=Path), metavar="DIR", help="Artworks with a presets.tsv, to add as presets."
)
@click.option(
    "--sample", type=click.Path(path_type=Path), metavar="PHOTO", help="Photo that the presets' thumbnails show."
)
@click.option("--openvino", is_flag=True, help="Write the graphs in OpenVINO's own format as well, in DIR/openvino.")
@click.option(
    "--int8",
    type=click.Path(path_type=Path),
    metavar="PHOTOS",
    help="Add a painter with 8-bit integers, for processors without bfloat16, measured on the photos of this folder.",
)
@click.option("--overwrite", is_flag=True, help="Replace the model in the folder.")
@json_flag
def command(
    *,
    run: Path,
    output: Path,
    name: str | None,
    presets: Path | None,
    sample: Path | None,
    openvino: bool,
    int8: Path | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Write RUN's model as ONNX graphs with a manifest, and check that every engine paints what torch paints.

    With --overwrite, the presets of the model in DIR are kept if both have the same style encoder. A model that learnt
    its styles by heart (johnson, cin) has those as its presets; --presets then only tells their titles.
    """
    if sample is not None and presets is None:
        raise UsageError("--sample is the photo on the presets' thumbnails; give --presets too")
    check_free(output, overwrite=overwrite)
    with needs_extra("train", "exporting"):
        from impasto.export.model_folder import export_run
    found = export_run(run, output, name=name or output.resolve().name, presets=presets, sample=sample, int8=int8)
    if openvino:
        from impasto.export.openvino_ir import write_ir

        write_ir(output)
    if as_json:
        click.echo(json.dumps({"model": str(output), "parity": [one.as_dict() for one in found]}))
        return 0
    measured = "of the style code (relative), the pastiche and one painted in parts (in 1/255)"
    click.echo(f"{output}; mean difference from torch, {measured}:")
    for one in found:
        code = "-" if one.code is None else f"{one.code:.2e}"
        parts = "-" if one.parts is None else f"{255 * one.parts:.3f}"
        click.echo(f"  {one.engine:12} {one.precision:5} {code:>9} {255 * one.pastiche:7.3f} {parts:>7}")
    return 0
