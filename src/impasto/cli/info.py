"""``impasto info``: what is installed, whether it is whole, and where things are kept."""

from __future__ import annotations

import json
import platform
from typing import Any

import click

from impasto.cli.from_options import json_flag
from impasto.errors import EngineError, WeightsError
from impasto.inference.cache import cache_folder
from impasto.inference.engine import ENGINES, open_engine
from impasto.weights.catalog import MODELS, find_model

__all__ = ["command"]


@click.command("info")
@json_flag
def command(as_json: bool) -> int:  # noqa: FBT001
    """Show the version, engines and their devices, models and their checksums, and the cache folder."""
    import impasto

    facts: dict[str, Any] = {
        "version": impasto.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "engines": [_engine(name) for name in ENGINES],
        "models": [_model(name) for name in MODELS],
        "cache": str(cache_folder()),
    }
    click.echo(json.dumps(facts, indent=2) if as_json else _as_text(facts))
    return 2 if any("error" in model for model in facts["models"]) else 0


def _engine(name: str) -> dict[str, Any]:
    try:
        engine = open_engine(name)
    except EngineError as error:
        return {"name": name, "error": str(error)}
    return {"name": name, "version": engine.version, "devices": list(engine.devices())}


def _model(name: str) -> dict[str, Any]:
    try:
        manifest = find_model(name)
        for file in manifest.files:
            manifest.read(file)
    except WeightsError as error:
        return {"name": name, "error": str(error)}
    files = {file: entry.sha256 for file, entry in manifest.files.items()}
    return {"name": name, "folder": str(manifest.folder), "sha256": files, "verified": True}


def _as_text(facts: dict[str, Any]) -> str:
    lines = [f"impasto {facts['version']}, Python {facts['python']}, {facts['system']}"]
    for engine in facts["engines"]:
        found = engine.get("error") or f"{engine['version']} on {', '.join(engine['devices'])}"
        lines.append(f"engine {engine['name']}: {found}")
    for model in facts["models"]:
        found = model.get("error") or f"checksums verified, in {model['folder']}"
        lines.append(f"model {model['name']}: {found}")
    lines.append(f"cache: {facts['cache']}")
    return "\n".join(lines)
