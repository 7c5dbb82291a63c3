"""``impasto optimize``: paint one photo by optimising the picture itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from click.core import ParameterSource
from numpy.typing import NDArray

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, options_from
from impasto.cli.inputs import files_named
from impasto.cli.main import INTERRUPTED
from impasto.cli.optimize_outputs import Asked, Outputs, digest, summary
from impasto.cli.plan import plan
from impasto.cli.progress import Lines
from impasto.cli.stopping import stop_signals
from impasto.errors import OutputExists, UsageError
from impasto.image.io import Picture, read_picture, write_picture
from impasto.image.resize import fit_size, resize
from impasto.optimize.options import STARTS, OptimizeOptions
from impasto.weights.catalog import find_model
from impasto.weights.presets import read_presets

if TYPE_CHECKING:
    from impasto.optimize.painting import Painting

__all__ = ["command"]

MINUTES, SIZE = 5.0, 512  # without bfloat16, where 500 steps at that size take most of an hour
FILE = click.Path(path_type=Path, dir_okay=False)
EXAMPLES = """\b
Examples:
  impasto optimize photo.jpg --style artwork.jpg -o painted.png
      512 pixels, coarse to fine, in minutes.
  impasto optimize photo.jpg --style artwork.jpg --size 1024 --minutes 20 --preview look.png
      Larger; look.png always shows how far it is.
  impasto optimize photo.jpg --style waves.jpg:2 --style stars.jpg:1
      Two styles, the first with twice the say.
  impasto optimize photo.jpg --style artwork.jpg --content-weight 0.3
      Freer: the photo has less of a say. --style-scale 0.5 makes strokes finer.
  impasto optimize photo.jpg --style artwork.jpg --style-loss swd --style-layer relu2_1=2 --style-layer relu3_1
      Another loss, at layers of one's own choice.
  impasto optimize photo.jpg --style artwork.jpg --init noise --film film.mp4 --trace losses.json --plot losses.png
      From noise, with all there is to see.
  impasto optimize photo.jpg --style artwork.jpg --run runs/mine -o painted.png
  impasto optimize photo.jpg --style artwork.jpg --run runs/mine -o painted.png --resume
      Ctrl-C writes what there is; the second command goes on as if nothing had happened.
"""


@click.command("optimize", epilog=EXAMPLES)
@click.argument("photo", metavar="PHOTO")
@click.option(
    "--style",
    "styles",
    multiple=True,
    required=True,
    metavar="PICTURE[:WEIGHT]",
    help="Style picture, with an optional weight; repeat to mix styles.",
)
@click.option("-o", "--output", metavar="FILE|FOLDER", help="Where to; beside the photo unless given.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist, those written on the way included.")
@click.option("--quality", type=click.IntRange(1, 100), default=92, show_default=True, help="Of JPEG and WebP files.")
@options_from(OptimizeOptions)
@click.option("--preview", type=FILE, help="Picture file that always shows the painting so far.")
@click.option(
    "--preview-seconds", type=click.FloatRange(0), default=2.0, show_default=True, help="Between two previews."
)
@click.option("--save-every", type=click.IntRange(1), metavar="STEPS", help="Keep a numbered picture every so often.")
@click.option("--film", type=FILE, metavar="FILE.mp4", help="Film of the painting, one frame a step.")
@click.option("--trace", type=FILE, metavar="FILE.json", help="Options, and every step's losses and seconds.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Losses over the steps.")
@click.option(
    "--run",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep here, every minute, what it takes to go on after a pause.",
)
@click.option("--resume", is_flag=True, help="Go on with --run: the same command again, or more --steps; exact.")
@json_flag
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    photo: str,
    styles: tuple[str, ...],
    output: str | None,
    overwrite: bool,
    quality: int,
    preview: Path | None,
    preview_seconds: float,
    save_every: int | None,
    film: Path | None,
    trace: Path | None,
    plot: Path | None,
    run: Path | None,
    resume: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Paint PHOTO in the manner of style pictures by optimising the picture itself: slow, and the best there is.

    Ctrl-C finishes the step, writes what there is and exits with 130; a second Ctrl-C stops at once.
    """
    options = OptimizeOptions(**given)
    if "-" in (photo, output):
        raise UsageError("painting by optimisation reads and writes files: give the photo's and -o a file's name")
    if Path(photo).is_dir():
        raise UsageError(f"{photo} is a folder; painting by optimisation takes one photo")
    pairs = [_split_weight(style) for style in styles]
    _refuse_presets([name for name, _ in pairs])
    named = {name: given[name] for name in given if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    state = _state_of(run, resume=resume)
    if state is not None:
        options = _continued(OptimizeOptions.from_dict(state["options"]), named)
    own = state is not None and state.get("output") is not None
    label = "+".join(Path(name).stem for name, _ in pairs)
    inputs = files_named(photo, styles, options.init)
    (job,) = plan([photo], output, label, overwrite=overwrite or own, inputs=inputs)
    assert job.target is not None
    if state is not None and own and not overwrite and job.target.exists() and digest(job.target) != state["output"]:
        raise OutputExists(f"{job.target} exists and is not what this run has written; give another name with -o")
    asked = Asked(
        job.target,
        preview,
        preview_seconds,
        save_every,
        film,
        trace,
        plot,
        run,
        overwrite=overwrite,
        own=own,
        inputs=inputs,
    )
    overwrite = overwrite or own
    picture = read_picture(photo)
    pictures = [(read_picture(name).visible, weight) for name, weight in pairs]
    with needs_extra("train", "painting by optimisation"):
        from impasto.nn.precision import native_bfloat16
        from impasto.optimize.painting import Painting
    if state is None:
        quick = options.precision == "auto" and native_bfloat16()
        options = _affordable(options, named, picture.pixels.shape, quick=quick)
    painting = Painting(picture.visible, pictures, options, start=_start(options, picture.visible, pictures))
    if state is not None:
        painting.load_state_dict(state)
    size = fit_size(picture.pixels.shape[0], picture.pixels.shape[1], options.size)
    with Outputs(asked, painting, *size) as outputs:
        _paint(painting, outputs)
        _write(job.target, painting.picture, picture, quality, overwrite=overwrite)
        outputs.finish()
    click.echo(summary(job.target, painting, size, as_json=as_json))
    return 0 if painting.finished else INTERRUPTED


def _refuse_presets(names: Sequence[str]) -> None:
    """A preset is the code of a picture that does not ship, and here the picture itself is needed."""
    presets = {one.name: one for one in read_presets(find_model("default")).entries}
    for name in names:
        if name in presets and not Path(name).exists():
            one = presets[name]
            raise UsageError(
                f"{name} is a preset, of which only the code ships; painting by optimisation looks at the picture "
                f"itself: give a file of {one.title} ({one.artist}, {one.year})"
            )


def _continued(begun: OptimizeOptions, named: Mapping[str, Any]) -> OptimizeOptions:
    """A run's options, which may be given again, with more steps or minutes if that is what was given.

    Raises:
        UsageError: something else differs.
    """
    changes = {name: value for name, value in named.items() if value != getattr(begun, name)}
    for name in changes.keys() - {"steps", "minutes"}:
        flag = "--" + name.replace("_", "-")
        raise UsageError(
            f"{flag} is {changes[name]}, but the run was begun with {getattr(begun, name)}; leave it out, or begin "
            "another run"
        )
    if "steps" in named and "minutes" not in named:
        changes["minutes"] = None  # a run that was to last some minutes lasts some steps now
    return replace(begun, **changes)


def _affordable(
    options: OptimizeOptions, named: Mapping[str, Any], shape: tuple[int, ...], *, quick: bool
) -> OptimizeOptions:
    """What was left open, so that a small photo is not enlarged and any processor ends in minutes."""
    if "size" not in named:
        options = replace(options, size=max(16, min(options.size, max(shape[:2]))))
    if quick or named.keys() & {"steps", "minutes"}:
        return options
    minutes = MINUTES * max(1.0, (options.size / SIZE) ** 2)
    click.echo(f"painting for {minutes:.3g} minutes, as it computes without bfloat16; --steps says otherwise", err=True)
    return replace(options, minutes=minutes)


def _paint(painting: Painting, outputs: Outputs) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    lines = Lines("painting")
    with stop_signals() as stopped, bar:
        task = bar.add_task("painting", total=1.0)
        for iterate in painting.iterates():
            outputs.add(iterate)
            height, width = iterate.tensor.shape[2:]
            words = f"step {iterate.step}  {width}×{height}  loss {iterate.objective:.4g}"
            bar.update(task, completed=iterate.progress, description=words)
            lines.tell(iterate.progress, words)
            if stopped:
                break


def _write(target: Path, pixels: NDArray[np.uint8], photo: Picture, quality: int, *, overwrite: bool) -> None:
    alpha = None if photo.alpha is None else resize(photo.alpha, *pixels.shape[:2])
    target.parent.mkdir(parents=True, exist_ok=True)
    write_picture(target, pixels, alpha=alpha, exif=photo.exif, dpi=photo.dpi, quality=quality, overwrite=overwrite)


def _state_of(run: Path | None, *, resume: bool) -> dict[str, Any] | None:
    if run is None:
        if resume:
            raise UsageError("--resume needs the folder of the run to go on with: give it with --run")
        return None
    with needs_extra("train", "painting by optimisation"):
        from impasto.optimize.state import FILE_NAME, load_state
    if resume:
        return load_state(run)
    if (run / FILE_NAME).exists():
        raise UsageError(f"{run} holds a painting already: go on with it with --resume, or name another folder")
    return None


def _start(
    options: OptimizeOptions, photo: NDArray[np.uint8], styles: list[tuple[NDArray[np.uint8], float]]
) -> NDArray[np.uint8] | None:
    """The picture to begin with, where that is the default model's painting or a file's."""
    if options.init in STARTS:
        return None
    if options.init != "model":
        return read_picture(options.init).visible
    from impasto.inference.stylizer import Stylizer

    stylizer = Stylizer.load()
    codes = [stylizer.encode_style(pixels) for pixels, _ in styles]
    code = stylizer.mix(codes, [weight for _, weight in styles])
    return stylizer.stylize(photo, code, size=options.size)


def _split_weight(style: str) -> tuple[str, float]:
    """A file's name may hold colons: a weight is what follows the last one, if what precedes it is a file."""
    name, colon, weight = style.rpartition(":")
    if colon and not Path(style).exists() and Path(name).exists():
        try:
            return name, float(weight)
        except ValueError:
            raise UsageError(f"the weight {weight!r} of the style {name} is no number") from None
    return style, 1.0
