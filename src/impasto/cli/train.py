"""``impasto train``: train a model from folders of photos and artworks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, options_from
from impasto.cli.main import INTERRUPTED
from impasto.cli.progress import Lines
from impasto.cli.stopping import stop_signals
from impasto.errors import ImageError, UnknownName, UsageError
from impasto.files import check_target
from impasto.image.io import picture_shape
from impasto.training.families import FAMILIES, Family
from impasto.weights.catalog import find_model

if TYPE_CHECKING:
    from impasto.training.session import Session
    from impasto.weights.manifest import Manifest

__all__ = ["command"]

STOPPING = "Ctrl-C or kill finishes the step, saves and exits with 130; a second Ctrl-C stops at once."
VALIDATION = (
    "Photos on which the loss is measured every --validation-steps; the weights that are best there are exported."
)
BASE = "A run of cin to which the styles are added: only their scales and shifts are learnt."
BEGIN_WITH = "Begin a new run with the weights of another, instead of random ones."
BEGIN_DEFAULT = "Begin a new run with the weights of another or of a model, such as 'default', instead of random ones."
RESUME = "Continue the run: with its own options, but for those given now; exact if none is."
EXAMPLES = {
    "default": """\b
Examples:
  impasto train default --content photos --style artworks --run runs/mine --minutes 60
  impasto export runs/mine -o mine
  impasto stylize photo.jpg --style painting.jpg --model mine
""",
    "johnson": """\b
Examples:
  impasto train johnson --content photos --style waves.jpg --run runs/waves --crop 128 --minutes 30
  impasto export runs/waves -o waves
  impasto stylize photo.jpg --style waves --model waves
""",
    "cin": """\b
Examples:
  impasto train cin --content photos --style artworks --run runs/bank --crop 128 --minutes 120
  impasto train cin --content photos --style new --run runs/more --base runs/bank --minutes 10
  impasto export runs/more -o bank
""",
    "adain": """\b
Examples:
  impasto train adain --content photos --style artworks --run runs/adain --crop 128 --steps 8000
""",
    "ghiasi": """\b
Examples:
  impasto train ghiasi --content photos --style artworks --run runs/ghiasi --crop 128 --minutes 240
""",
    "stytr2": """\b
Examples:
  impasto train stytr2 --content photos --style artworks --run runs/stytr2 --crop 128 --minutes 240 \\
    --batch 2 --learning-rate 1e-3 --warm-up 50 --reconstruction-steps 2400 --identity-every 4
""",
}


class _Families(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in FAMILIES and not args[0].startswith("-"):
            raise UnknownName("family of models", args[0], FAMILIES)
        return super().resolve_command(ctx, args)


@click.group("train", cls=_Families)
def command() -> None:
    """Train a model; its run's folder holds the checkpoint, losses.csv and TensorBoard's files."""


def _add(name: str, family: Family) -> None:
    """Give the group a command that trains a family."""

    def train(
        ctx: click.Context,
        /,
        *,
        content: Path,
        style: Path,
        run: Path,
        validation: Path | None,
        resume: bool,
        as_json: bool,
        base: Path | None = None,
        begin_with: str | None = None,
        **given: Any,
    ) -> int:
        named = {key: given[key] for key in given if ctx.get_parameter_source(key) is ParameterSource.COMMANDLINE}
        if {"steps", "minutes"} <= named.keys():
            raise UsageError("--steps and --minutes were both given; give one, as either says when training ends")
        with needs_extra("train", "training"):
            from impasto.training.session import Session

        if resume and begin_with is not None:
            raise UsageError("--resume and --begin-with were both given; a resumed run has weights of its own")
        origin = None if begin_with is None else _origin(begin_with, name)
        _check_style(style)
        click.echo("Reading the pictures ...", err=True)
        if resume:
            # A run that was to last some minutes lasts some steps now.
            changes = {"minutes": None, **named} if "steps" in named else named
            session = Session.resume(content, style, run, changes, family=name, validation=validation)
        else:
            options = family.options(**given)
            if not (run / "checkpoint.pt").exists():  # about which the session itself speaks
                for file in ("losses.csv", "losses.png"):
                    check_target(run / file, overwrite=False, remedy="name another folder with --run")
            session = Session.start(content, style, run, options, validation=validation, base=base, begin_with=origin)
        return _train(session, run, as_json=as_json)

    train.__doc__ = f"{family.summary}\n\n{STOPPING}"
    path = click.Path(path_type=Path)
    flags: list[Callable[[Any], Any]] = [
        command.command(name, epilog=EXAMPLES[name]),
        click.option("--content", type=path, required=True, metavar="DIR", help="Photos, in any subfolders."),
        click.option("--style", type=path, required=True, metavar="DIR", help=family.styles),
        click.option("--run", type=path, required=True, metavar="DIR", help="Folder of the run."),
        click.option("--validation", type=path, metavar="DIR", help=VALIDATION),
        *([click.option("--base", type=path, metavar="RUN", help=BASE)] if name == "cin" else []),
        click.option(
            "--begin-with",
            metavar="RUN|NAME|FOLDER" if name == "default" else "RUN",
            help=BEGIN_DEFAULT if name == "default" else BEGIN_WITH,
        ),
        click.option("--resume", is_flag=True, help=RESUME),
        json_flag,
        options_from(family.options),
        click.pass_context,
    ]
    decorated: Any = train
    for flag in reversed(flags):
        decorated = flag(decorated)


for _name, _family in FAMILIES.items():
    _add(_name, _family)


def _check_style(style: Path) -> None:
    """What is wrong with a file is said of the file, not of the folder around it."""
    from impasto.training.data import SMALLEST_SIDE

    if not style.exists():
        raise UsageError(f"there is no file or folder {style}; give the artworks with --style")
    shape = picture_shape(style) if style.is_file() else None
    if shape is not None and min(shape) < SMALLEST_SIDE:
        raise ImageError(
            f"the style {style} has {shape[1]}×{shape[0]} pixels, expected at least {SMALLEST_SIDE} a side; give a "
            "larger picture"
        )


def _origin(begin_with: str, family: str) -> Manifest | Path:
    """The run or the model that is named."""
    from impasto.training import checkpoint

    if family != "default" or (Path(begin_with) / checkpoint.FILE_NAME).exists():
        return Path(begin_with)
    return find_model(begin_with)


def _train(session: Session, run: Path, *, as_json: bool) -> int:
    if not session.trainer.processes.first:  # another process tells
        with stop_signals() as stopped:
            for _ in session.train(lambda: bool(stopped)):
                pass
        return 0 if session.trainer.progress >= 1 else INTERRUPTED
    for role, folder in (("photos", session.content), ("artworks", session.style)):
        click.echo(f"{len(folder)} {role}, {len(folder.skipped)} files skipped", err=True)
        for reason in folder.skipped[:5]:
            click.echo(f"  skipped {reason}", err=True)
    begun = session.trainer.step
    last, seconds = _run(session)
    trainer = session.trainer
    finished = trainer.progress >= 1
    facts = {
        "run": str(run),
        "steps": trainer.step,
        "seconds": round(trainer.seconds),
        "seconds_per_step": round(seconds / max(1, trainer.step - begun), 4),
        "finished": finished,
        "terms": last,
    }
    ending = "trained" if finished else "stopped and saved; continue with --resume"
    click.echo(json.dumps(facts) if as_json else f"{run}: {trainer.step} steps, {ending}")
    return 0 if finished else INTERRUPTED


def _run(session: Session) -> tuple[dict[str, float], float]:
    """Train; the last step's loss terms, and the seconds that all steps took."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    terms: dict[str, float] = {}
    seconds = 0.0
    lines = Lines("training")
    lines.tell(session.trainer.progress)
    with stop_signals() as stopped, Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", total=1.0)
        bar.update(task, completed=session.trainer.progress)
        for step in session.train(lambda: bool(stopped)):
            terms = step.terms
            seconds += step.seconds
            words = f"step {step.number}  loss {step.objective:.3f}  {1 / step.seconds:.2f} steps/s"
            bar.update(task, completed=session.trainer.progress, description=words)
            lines.tell(session.trainer.progress, words)
    return terms, seconds
