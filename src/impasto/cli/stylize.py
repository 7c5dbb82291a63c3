"""``impasto stylize``: paint photos."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import click
import numpy as np
from numpy.typing import NDArray

from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.plan import Job, plan
from impasto.cli.progress import progress
from impasto.cli.style_argument import label_of, resolve_styles
from impasto.errors import ImageError, ImpastoError, OutputExists, UsageError
from impasto.image.io import WRITABLE, read_picture, write_picture
from impasto.image.resize import resize
from impasto.inference.stylizer import Stylizer
from impasto.options import StylizeOptions

__all__ = ["command"]


@dataclass(frozen=True)
class _Painted:
    job: Job
    width: int
    height: int
    seconds: float


_Failure: TypeAlias = tuple[Job, ImpastoError]

EXAMPLES = """\b
Examples:
  impasto stylize photo.jpg --style starry-night
  impasto stylize photo.jpg --style artwork.jpg --strength 0.7 -o painted.png
  impasto stylize holiday/ --style great-wave:2 --style the-scream:1 -o painted/
"""


@click.command("stylize", epilog=EXAMPLES)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options_from(StylizeOptions)
@click.option(
    "-o", "--output", metavar="FILE|FOLDER", help="Where to; beside the photo unless given. - is standard output."
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@json_flag
def command(photos: tuple[str, ...], output: str | None, overwrite: bool, as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """Paint PHOTOs, or all pictures in a folder, in a style. A single - reads the photo from standard input."""
    options = StylizeOptions(**given)
    stylizer = load_stylizer(options)
    jobs = plan(photos, output, label_of(options.style, stylizer), overwrite=overwrite)
    if jobs[0].target is None and as_json:
        raise UsageError("--json and a picture cannot both go to standard output; give a file with -o")
    if jobs[0].target is None and sys.stdout.isatty():
        raise UsageError("standard output is a terminal, which cannot show a picture; give a file with -o")
    code = resolve_styles(stylizer, options.style, options.style_size)

    def paint(job: Job) -> _Painted:
        return _paint(job, stylizer, code, options, overwrite=overwrite)

    painted: list[_Painted] = []
    failed: list[_Failure] = []
    if len(jobs) == 1:
        painted.append(paint(jobs[0]))  # its error is the command's
        _tell(painted[0], as_json=as_json)
    else:
        painted, failed = _paint_all(jobs, paint, as_json=as_json)
    if as_json:
        click.echo(json.dumps(_summary(painted, failed, stylizer, options), indent=2))
    if not failed:
        return 0
    return 1 if painted else 2


def _paint(
    job: Job, stylizer: Stylizer, code: NDArray[np.float32], options: StylizeOptions, *, overwrite: bool
) -> _Painted:
    if job.target is not None and job.target.exists() and not overwrite:
        raise OutputExists(f"{job.target} exists already; give another place with -o, or --overwrite")
    started = time.perf_counter()
    picture = read_picture(_standard_input() if job.source is None else job.source)
    pastiche = stylizer.stylize(
        picture.pixels,
        code,
        strength=options.strength,
        size=options.size,
        preserve_color=options.preserve_color,
    )
    height, width = pastiche.shape[:2]
    details: dict[str, Any] = {
        "alpha": None if picture.alpha is None else resize(picture.alpha, height, width),
        "exif": picture.exif,
        "dpi": picture.dpi,
        "quality": options.quality,
    }
    if job.target is None:
        kind = picture.format if picture.format in WRITABLE.values() else "PNG"
        write_picture(sys.stdout.buffer, pastiche, format=kind, **details)
    else:
        try:
            job.target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(f"cannot make the folder {job.target.parent}: {error.strerror}") from None
        write_picture(job.target, pastiche, overwrite=overwrite, **details)
    return _Painted(job, width, height, time.perf_counter() - started)


def _paint_all(
    jobs: Sequence[Job], paint: Callable[[Job], _Painted], *, as_json: bool
) -> tuple[list[_Painted], list[_Failure]]:
    """Paint what can be painted; one bad photo does not stop the others."""
    painted: list[_Painted] = []
    failed: list[_Failure] = []
    with progress("painting", len(jobs)) as advance:
        for job in jobs:
            try:
                painted.append(paint(job))
                _tell(painted[-1], as_json=as_json)
            except ImpastoError as error:
                failed.append((job, error))
                click.echo(f"impasto: {job.name}: {error}", err=True)
            advance()
    return painted, failed


def _tell(painted: _Painted, *, as_json: bool) -> None:
    if painted.job.target is not None and not as_json:
        click.echo(f"{painted.job.target}  {painted.width}×{painted.height}  {painted.seconds:.2f} s")


def _summary(
    painted: Sequence[_Painted], failed: Sequence[_Failure], stylizer: Stylizer, options: StylizeOptions
) -> dict[str, Any]:
    return {
        "model": stylizer.manifest.name,
        "engine": stylizer.engine.name,
        "device": stylizer.engine.device,
        "style": options.style,
        "painted": [
            {
                "input": one.job.name,
                "output": str(one.job.target),
                "width": one.width,
                "height": one.height,
                "seconds": round(one.seconds, 4),
            }
            for one in painted
        ],
        "failed": [{"input": job.name, "error": str(error)} for job, error in failed],
    }


def _standard_input() -> bytes:
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal; pipe a picture into it, or name a file")
    return sys.stdin.buffer.read()
