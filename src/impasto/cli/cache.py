"""``impasto cache``: what is kept between runs, where, and how to be rid of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from impasto.cli.from_options import json_flag
from impasto.errors import ImpastoError, UsageError
from impasto.inference import cache

__all__ = ["command"]

MEGABYTE = 1_000_000


@click.command("cache")
@click.option("--clear", is_flag=True, help="Delete what is kept; it is made again when it is needed.")
@click.option("--move", type=click.Path(path_type=Path), metavar="FOLDER", help="Keep it in FOLDER from now on.")
@json_flag
def command(*, clear: bool, move: Path | None, as_json: bool) -> int:
    """Show what is kept between runs, and where.

    Compiled models let the second start be quick; beyond 256 MiB the oldest go. Losing them costs time, never a result.
    The environment variable IMPASTO_CACHE names the folder for one run.
    """
    if clear and move is not None:
        raise UsageError("--clear and --move were both given; give one of them")
    if move is not None and os.environ.get("IMPASTO_CACHE"):
        raise UsageError("IMPASTO_CACHE names the cache's folder already; change or unset it instead of using --move")
    try:
        freed = cache.clear() if clear else 0
        if move is not None:
            cache.move(move)
        facts = {
            "folder": str(cache.cache_folder()),
            "bytes": {kind: sum(file.stat().st_size for file in files) for kind, files in cache.contents().items()},
            "most_compiled": cache.MAX_BYTES,
            "freed": freed,
        }
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        place = getattr(error, "filename", None) or move or "the cache"
        raise ImpastoError(f"cannot use {place}: {reason}; name a folder in IMPASTO_CACHE") from None
    click.echo(json.dumps(facts, indent=2) if as_json else _as_text(facts))
    return 0


def _as_text(facts: dict[str, object]) -> str:
    kinds = facts["bytes"]
    assert isinstance(kinds, dict)
    held = [f"{kind}: {size / MEGABYTE:.1f} MB" for kind, size in kinds.items() if size]
    freed = facts["freed"]
    assert isinstance(freed, int)
    lines = [str(facts["folder"]), *(held or ["empty"])]
    return "\n".join(lines + ([f"{freed / MEGABYTE:.1f} MB freed"] if freed else []))
