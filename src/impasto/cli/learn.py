"""``impasto learn``: teach the default model one style, in a few minutes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, options_from
from impasto.cli.inputs import files_named
from impasto.cli.main import INTERRUPTED
from impasto.cli.progress import Lines
from impasto.cli.stopping import stop_signals
from impasto.errors import StyleError, UsageError
from impasto.files import check_target
from impasto.image.io import read_picture, write_picture
from impasto.inference.codes import learnt_difference, save_code
from impasto.training.learn_options import LearnOptions
from impasto.weights.catalog import find_model

if TYPE_CHECKING:
    from impasto.training.learning import Learning

__all__ = ["command"]

FILE = click.Path(path_type=Path, dir_okay=False)
STATE = "learning.pt"
FORMAT = 1
SAVE_SECONDS = 60.0
PREVIEW_SECONDS = 15.0
EXAMPLES = """\b
Examples:
  impasto learn painting.jpg -o mine.npz
      Five minutes or so; then: impasto stylize photo.jpg --style mine.npz
  impasto learn painting.jpg --minutes 15 --preview look.jpg
      Longer is better, up to a point; look.jpg shows how far it is.
  impasto learn monet/ --title "Monet's garden" -o monet.npz
      One hand from several of its works.
  impasto learn painting.jpg --style-size 900 --content-weight 0.5
      Larger strokes, and more of the artwork.
  impasto learn painting.jpg --run runs/mine
  impasto learn painting.jpg --run runs/mine --resume
      Ctrl-C keeps what there is; the second command goes on as if nothing had happened.
"""


@click.command("learn", epilog=EXAMPLES)
@click.argument("artworks", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="ARTWORK...")
@click.option("-o", "--output", type=FILE, metavar="FILE.npz", help="The style's file; ARTWORK.npz unless given.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@click.option("--model", default="default", show_default=True, help="Model to learn on top of, a name or a folder.")
@click.option(
    "--content",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Photos to practise on, such as those to be painted; a few that come with scikit-image unless given.",
)
@click.option(
    "--begin-with",
    type=FILE,
    metavar="STYLE.npz",
    help="A learnt style to begin with, such as the same one, learnt for an earlier version of the model.",
)
@click.option("--title", help="What the style is called; the artwork's file name unless given.")
@click.option("--artist", default="", help="Whose hand it is.")
@click.option("--preview", type=FILE, metavar="FILE", help="Picture file that shows a photo in the style so far.")
@click.option(
    "--run", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep what it takes to go on."
)
@click.option("--resume", is_flag=True, help="Go on with --run, with the options it was begun with; exact.")
@json_flag
@options_from(LearnOptions)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    artworks: tuple[Path, ...],
    output: Path | None,
    overwrite: bool,
    model: str,
    content: Path | None,
    begin_with: Path | None,
    title: str | None,
    artist: str,
    preview: Path | None,
    run: Path | None,
    resume: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Learn the style of ARTWORK: a few minutes, after which every photo is painted in milliseconds as if optimised.

    Several artworks, or a folder, teach one style together. Ctrl-C keeps the style as learnt so far and exits with 130.
    """
    named = {name for name in given if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if {"steps", "minutes"} <= named:
        raise UsageError("--steps and --minutes were both given; give one, as either says when learning ends")
    options = LearnOptions(**given)
    target = output or Path(artworks[0].name).with_suffix(".npz")
    for file in (target, *([preview] if preview else [])):
        check_target(file, overwrite=overwrite, inputs=files_named(artworks, content))
    if not target.absolute().parent.is_dir():
        raise StyleError(f"cannot write {target}: there is no folder {target.parent}")
    manifest = find_model(model)
    with needs_extra("train", "learning a style"):
        from impasto.training.learning import Learning
        from impasto.training.practice import practice_photos
    state = _state_of(run, resume=resume)
    if state is not None:
        if named:
            flag = "--" + min(named).replace("_", "-")
            raise UsageError(f"{flag} cannot be given with --resume, which goes on with the options it was begun with")
        options = LearnOptions(**state["learning"]["options"])
    pictures = [read_picture(file).visible for file in _files(artworks)]
    photos = practice_photos(content)
    click.echo(f"learning from {len(pictures)} artworks, practising on {len(photos)} photos ...", err=True)
    begin = None if begin_with is None else learnt_difference(begin_with)
    learning = Learning(manifest, pictures, photos, options, begin=begin)
    if state is not None:
        learning.load_state_dict(state["learning"])
    objective = _learn(learning, photos[0], preview, run)
    about = {
        "title": title or artworks[0].stem,
        "artist": artist,
        "learnt": learning.history(),
        "objective": objective,
    }
    save_code(target, learning.style(), manifest, about=about, overwrite=overwrite)
    finished = learning.progress >= 1
    facts = {
        "output": str(target),
        "model": manifest.name,
        "finished": finished,
        "bytes": target.stat().st_size,
        **about,
    }
    words = f"{target}: {learning.number} steps, {learning.seconds:.0f} s, {target.stat().st_size / 1000:.0f} kB"
    click.echo(json.dumps(facts) if as_json else words)
    return 0 if finished else INTERRUPTED


def _learn(learning: Learning, photo: Any, preview: Path | None, run: Path | None) -> float | None:
    """Learn until nothing is left to do or a signal comes; the mean objective of the last steps."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    recent: list[float] = []
    lines = Lines("learning")
    saved = shown = time.monotonic()
    with stop_signals() as stopped, bar:
        task = bar.add_task("learning", total=1.0)
        bar.update(task, completed=learning.progress)
        for step in learning.steps():
            recent = [*recent[-19:], step.objective]
            words = f"step {step.number}  loss {sum(recent) / len(recent):.2f}"
            bar.update(task, completed=step.progress, description=words)
            now = time.monotonic()
            lines.tell(step.progress, words)
            if preview is not None and now - shown > PREVIEW_SECONDS:
                write_picture(preview, learning.preview(photo), overwrite=True)
                shown = now
            if run is not None and now - saved > SAVE_SECONDS:
                _save(run, learning)
                saved = now
            if stopped:
                break
        if run is not None:
            _save(run, learning)
        if preview is not None:
            write_picture(preview, learning.preview(photo), overwrite=True)
    return round(sum(recent) / len(recent), 4) if recent else None


def _files(artworks: tuple[Path, ...]) -> list[Path]:
    """The artworks, folders replaced by the pictures in them."""
    from impasto.cli.plan import PHOTO_SUFFIXES

    files: list[Path] = []
    for artwork in artworks:
        if artwork.is_dir():
            inside = sorted(file for file in artwork.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
            if not inside:
                raise StyleError(f"the folder {artwork} holds no pictures; give artworks, or a folder of them")
            files += inside
        else:
            files.append(artwork)
    return files


def _state_of(run: Path | None, *, resume: bool) -> dict[str, Any] | None:
    from impasto.nn.state_file import load_state

    if run is None:
        if resume:
            raise UsageError("--resume needs the folder of the run to go on with: give it with --run")
        return None
    if resume:
        return load_state(run / STATE, FORMAT, "style being learnt")
    if (run / STATE).exists():
        raise UsageError(f"{run} holds a style being learnt already: go on with --resume, or name another folder")
    run.mkdir(parents=True, exist_ok=True)
    return None


def _save(run: Path, learning: Learning) -> None:
    from impasto.nn.state_file import save_state

    save_state(run / STATE, {"learning": learning.state_dict()}, FORMAT)
