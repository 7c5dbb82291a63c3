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
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "size", "presets", "licence", box=None, pad_edge=False)
    for facts in found:
        size = f"{facts['bytes'] / 1e6:.1f} MB"
        table.add_row(f"[bold]{facts['name']}[/]", size, str(facts["presets"]), facts["licence"])
    Console().print(table)
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
