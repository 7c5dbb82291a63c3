"""``impasto models``: the models one can name."""

from __future__ import annotations

import json
from typing import Any

import click

from impasto.cli.from_options import json_flag
from impasto.weights.catalog import MODELS, find_model
from impasto.weights.presets import read_presets

__all__ = ["command"]


@click.command("models")
@json_flag
def command(as_json: bool) -> int:  # noqa: FBT001
    """List the models that --model takes by name; it takes an exported model's folder as well."""
    found = [_facts(name) for name in MODELS]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    from impasto.cli.table import print_table

    print_table(
        ("model", "size", "presets", "licence"),
        [(one["name"], f"{one['bytes'] / 1e6:.1f} MB", str(one["presets"]), one["licence"]) for one in found],
    )
    return 0


def _facts(name: str) -> dict[str, Any]:
    manifest = find_model(name)
    return {
        "name": name,
        "bytes": sum(entry.bytes for entry in manifest.files.values()),
        "presets": len(read_presets(manifest).entries),
        "licence": manifest.licence,
        "folder": str(manifest.folder),
        "training": dict(manifest.training),
        "quality": dict(manifest.quality),
    }
