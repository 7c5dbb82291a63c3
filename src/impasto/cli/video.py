"""``impasto video``: paint films."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from impasto.cli.extras import needs_extra
from impasto.cli.film_plan import FilmJob, plan_films, split_time, style_marks
from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.inputs import files_named
from impasto.cli.progress import progress
from impasto.cli.stopping import stop_signals
from impasto.cli.style_argument import label_of
from impasto.errors import ImpastoError, UsageError, unexpected
from impasto.inference.stylizer import Stylizer
from impasto.video.options import FilmOptions

__all__ = ["command"]

logger = logging.getLogger(__name__)

INTERRUPTED = 130

EXAMPLES = """\b
Examples:
  impasto video clip.mp4 --style udnie
  impasto video clip.mp4 --style udnie@0s --style great-wave@10s -o painted.mp4
  impasto video clip.mov --style artwork.jpg --size 1280 --steady 0.5 -o painted.webm
  impasto video clips/ --style starry-night -o painted/
  impasto video frames/ --style starry-night --fps 24 -o painted.mp4
"""


@click.command("video", epilog=EXAMPLES)
@click.argument("films", nargs=-1, required=True, metavar="FILM...")
@options_from(FilmOptions)
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER",
    help="Where to: a film, a .gif, .webp or .png animation, or frames such as frames/%05d.png; beside the film unless "
    "given.",
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@json_flag
def command(
    films: tuple[str, ...],
    output: str | None,
    *,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Paint FILMS with their sound: files, URLs, folders of films or of frames, in a style that may change over time.

    Ctrl-C leaves the beginning as a film that plays; --resume goes on from there.
    """
    options = FilmOptions(**given)
    if overwrite and resume:
        raise UsageError("--overwrite starts again and --resume goes on; give one of them")
    with needs_extra("video", "painting films"):
        import av  # noqa: F401
        import cv2  # noqa: F401
    stylizer = load_stylizer(options)
    marks = style_marks(stylizer, options.style, options.style_size)
    label = label_of([split_time(style)[0] for style in options.style], stylizer)
    jobs = plan_films(films, output, label)
    inputs = files_named(films, options.style)
    reports: list[dict[str, Any]] = []
    with stop_signals() as signals:
        for job in jobs:
            try:
                reports.append(
                    _paint(
                        job,
                        stylizer,
                        marks,
                        options,
                        lambda: bool(signals),
                        inputs=inputs,
                        overwrite=overwrite,
                        resume=resume,
                    )
                )
            except ImpastoError as error:
                if len(jobs) == 1:
                    raise
                reports.append(_failed(job, str(error)))
            except MemoryError:
                reports.append(_failed(job, "there is not enough memory; paint smaller with --size"))
            except OSError as error:
                reports.append(_failed(job, str(error)))
            except Exception as error:
                logger.debug("%s", job.source, exc_info=True)
                reports.append(_failed(job, unexpected(error)))
            _tell(reports[-1], as_json=as_json)
            if signals:
                break
    if as_json:
        click.echo(json.dumps({"model": stylizer.manifest.name, "style": options.style, "films": reports}, indent=2))
    if signals:
        return INTERRUPTED
    failed = sum("error" in one for one in reports)
    return 0 if not failed else 2 if failed == len(reports) else 1


def _paint(
    job: FilmJob,
    stylizer: Stylizer,
    marks: list[tuple[float, Any]],
    options: FilmOptions,
    stop: Callable[[], bool],
    *,
    inputs: Sequence[Path],
    overwrite: bool,
    resume: bool,
) -> dict[str, Any]:
    from impasto.video.film import paint_film

    started = time.perf_counter()
    job.target.parent.mkdir(parents=True, exist_ok=True)
    begun: int | None = None
    with ExitStack() as stack:
        advance: Callable[[], None] | None = None
        for step in paint_film(
            job.source,
            job.target,
            stylizer,
            marks,
            options,
            overwrite=overwrite,
            resume=resume,
            inputs=inputs,
            stop=stop,
        ):
            if advance is None:
                begun = step.frames - (not step.finished)
                name = getattr(job.source, "name", str(job.source))
                advance = stack.enter_context(progress(name, step.total, begun=begun, counted="frames"))
            if not step.finished:
                advance()
    seconds = time.perf_counter() - started
    return {
        "input": str(job.source),
        "output": str(job.target),
        "width": step.width,
        "height": step.height,
        "frames": step.frames,
        "seconds": round(seconds, 3),
        "frames_per_second": round((step.frames - (begun or 0)) / seconds, 2),
        "complete": step.complete,
        "notes": list(step.notes),
    }


def _failed(job: FilmJob, why: str) -> dict[str, Any]:
    click.echo(f"impasto: {job.source}: {why}", err=True)
    return {"input": str(job.source), "error": why}


def _tell(report: dict[str, Any], *, as_json: bool) -> None:
    if "error" in report:
        return
    for note in report["notes"]:
        click.echo(f"impasto: {report['input']}: {note}", err=True)
    if not report["complete"]:
        click.echo(f"impasto: stopped; {report['output']} holds the beginning, --resume goes on", err=True)
    if not as_json:
        click.echo(
            f"{report['output']}  {report['width']}×{report['height']}  {report['frames']} frames  "
            f"{report['seconds']:.1f} s  {report['frames_per_second']:.1f} frames/s"
        )
