"""``impasto models``: the models one can name, and others in folders."""

from __future__ import annotations

import json
from typing import Any

import click

from impasto.cli.from_options import json_flag
from impasto.weights.catalog import MODELS, find_model
from impasto.weights.manifest import Manifest
from impasto.weights.presets import read_presets

__all__ = ["command"]

LOSSES = ("content", "style", "gram")


@click.command("models")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
@click.option("--measure", is_flag=True, help="Measure now, on this machine, how long a photo of 512² takes.")
@json_flag
def command(folders: tuple[str, ...], measure: bool, as_json: bool) -> int:  # noqa: FBT001
    """List the models that --model takes by name, and exported ones in FOLDERs."""
    found = [_facts(find_model(name), name, measure=measure) for name in (*MODELS, *folders)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    from impasto.cli.table import print_table

    print_table(
        ("model", "family", "size", "presets", "example", "ms at 512²", "content", "style", "gram", "licence"),
        [
            (
                one["name"],
                one["family"],
                f"{one['bytes'] / 1e6:.1f} MB",
                str(one["presets"]),
                one["example"] or "any picture",
                _number(one["milliseconds_512"], "{:.0f}"),
                *(_number(one["losses"].get(name), "{:.2f}") for name in LOSSES),
                one["licence"],
            )
            for one in found
        ],
    )
    click.echo("\nLosses: less is better. They are means over each model's own pairs, and only equal pairs compare:")
    for one in found:
        if "photos" in one["quality"].get("losses", ()):
            pairs = one["quality"]["losses"]
            click.echo(f"  {one['name']}: {pairs['photos']} photos × {pairs['styles']} styles at {pairs['size']}²")
    return 0


def _facts(manifest: Manifest, name: str, *, measure: bool) -> dict[str, Any]:
    presets = read_presets(manifest).entries
    return {
        "name": name,
        "family": manifest.family,
        "bytes": sum(entry.bytes for entry in manifest.files.values()),
        "presets": len(presets),
        "example": presets[0].name if presets else None,
        "any_style": manifest.encodes,
        "mixes": manifest.mixes,
        "strength": manifest.strength,
        "milliseconds_512": _milliseconds(manifest, measure=measure),
        "losses": {one: manifest.quality["losses"][one] for one in LOSSES if one in manifest.quality.get("losses", ())},
        "licence": manifest.licence,
        "folder": str(manifest.folder),
        "training": dict(manifest.training),
        "quality": dict(manifest.quality),
    }


def _milliseconds(manifest: Manifest, *, measure: bool) -> float | None:
    """Measured now, or else when the model was exported, on the machine that did it."""
    if not measure:
        stored: float | None = manifest.quality.get("speed", {}).get("milliseconds_512")
        return stored
    from impasto.inference.speed import paint_milliseconds
    from impasto.inference.stylizer import Stylizer

    found: float = paint_milliseconds(Stylizer.load(manifest.folder))["milliseconds_512"]
    return found


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
