"""``impasto stylize``: paint photos."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from impasto.batch.job import Job, Outcome
from impasto.batch.photo import Recipe, paint_photo
from impasto.batch.run import run_batch
from impasto.cli.composition import composition_of, styles_of
from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.inputs import files_named
from impasto.cli.plan import left_out, plan
from impasto.cli.progress import parts_progress, progress
from impasto.cli.style_argument import label_of
from impasto.errors import UsageError
from impasto.inference.stylizer import Stylizer
from impasto.options import BatchOptions, EngineOptions, StylizeOptions, describe

__all__ = ["command"]

_ENGINE = {one.name for one in describe(EngineOptions)}
_LOOK = [one.name for one in describe(StylizeOptions) if one.name not in _ENGINE | {"style"}]

MOST_NAMED = 5
EXAMPLES = """\b
Examples:
  impasto stylize photo.jpg --style starry-night
  impasto stylize photo.jpg --style artwork.jpg --strength 0.7 -o painted.png
  impasto stylize photo.jpg --style udnie --mask sky.png=starry-night --color photo-linear
  impasto stylize holiday/ --style great-wave:2 --style the-scream:1 -o painted/
  impasto stylize "trip/**/*.jpg" --style udnie -o painted/ --skip-existing
"""


@click.command("stylize", epilog=EXAMPLES)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options_from(StylizeOptions)
@options_from(BatchOptions)
@click.option(
    "-o", "--output", metavar="FILE|FOLDER", help="Where to; beside the photo unless given. - is standard output."
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@json_flag
def command(photos: tuple[str, ...], output: str | None, overwrite: bool, as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """Paint PHOTOs, or all pictures in a folder, in a style. A single - reads the photo from standard input."""
    batch = BatchOptions(**{one.name: given.pop(one.name) for one in describe(BatchOptions)})
    options = StylizeOptions(**given)
    if overwrite and batch.skip_existing:
        raise UsageError("--overwrite replaces files that exist and --skip-existing keeps them; give one of them")
    with parts_progress("getting the model ready"):
        stylizer = load_stylizer(options)
    jobs = plan(
        photos,
        output,
        label_of(styles_of(options), stylizer),
        overwrite=overwrite or batch.skip_existing,
        recursive=batch.recursive,
        inputs=files_named(photos, styles_of(options), options.mask, options.strength_map, options.palette),
    )
    if jobs[0].target is None and as_json:
        raise UsageError("--json and a picture cannot both go to standard output; give a file with -o")
    if jobs[0].target is None and getattr(sys.stdout, "name", None) == os.devnull:
        raise UsageError("standard output is closed; give a file with -o")
    if jobs[0].target is None and sys.stdout.isatty():
        raise UsageError("standard output is a terminal, which cannot show a picture; give a file with -o")
    recipe = Recipe(options, composition_of(options, stylizer), overwrite)
    if len(jobs) > 1 or _as_batch(batch, jobs[0]):
        outcomes = _paint_all(jobs, recipe, batch, stylizer, as_json=as_json)
    else:
        with parts_progress("painting") as advance:
            outcomes = [paint_photo(jobs[0], recipe, stylizer, advance)]  # its error is the command's
        _tell(outcomes[0], as_json=as_json)
    unread = left_out(photos, recursive=batch.recursive)
    if unread:
        names = ", ".join(map(str, unread[:MOST_NAMED])) + (" ..." if len(unread) > MOST_NAMED else "")
        click.echo(f"impasto: left out, as their kinds are not read: {len(unread)} files ({names})", err=True)
    if as_json:
        summary = _summary(outcomes, stylizer, options)
        click.echo(json.dumps({**summary, "left_out": [str(one) for one in unread]}, indent=2))
    if all(one.status != "failed" for one in outcomes):
        return 0
    return 2 if all(one.status == "failed" for one in outcomes) else 1


def _as_batch(batch: BatchOptions, job: Job) -> bool:
    """Whether a single photo is asked for what only a batch does."""
    wanted = batch.skip_existing or batch.manifest is not None or batch.executor != "local"
    if wanted and None in (job.source, job.target):
        raise UsageError("--skip-existing, --manifest and --executor are for files; give a photo, and a file with -o")
    return wanted


def _paint_all(
    jobs: Sequence[Job], recipe: Recipe, batch: BatchOptions, stylizer: Stylizer, *, as_json: bool
) -> list[Outcome]:
    """Paint what can be painted, and tell of each photo; the outcomes in the photos' order."""
    found: dict[Job, Outcome] = {}
    with progress("painting", len(jobs)) as advance:
        for outcome in run_batch(jobs, recipe, batch, stylizer):
            found[outcome.job] = outcome
            _tell(outcome, as_json=as_json)
            advance()
    return [found[job] for job in jobs]


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if outcome.error is not None:
        click.echo(f"impasto: {outcome.job.name}: {outcome.error}", err=True)
    elif outcome.job.target is not None and not as_json:
        size = f"{outcome.width}×{outcome.height}  {outcome.seconds:.2f} s"
        click.echo(f"{outcome.job.target}  {'exists' if outcome.status == 'skipped' else size}")


def _summary(outcomes: Sequence[Outcome], stylizer: Stylizer, options: StylizeOptions) -> dict[str, Any]:
    return {
        "model": stylizer.manifest.name,
        "engine": stylizer.engine.name,
        "device": stylizer.engine.device,
        "style": options.style,
        "options": {name: getattr(options, name) for name in _LOOK},
        "painted": [one.summary() for one in outcomes if one.status == "painted"],
        "skipped": [
            {"input": one.job.name, "output": str(one.job.target)} for one in outcomes if one.status == "skipped"
        ],
        "failed": [{"input": one.job.name, "error": str(one.error)} for one in outcomes if one.error is not None],
    }
