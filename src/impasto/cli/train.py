"""``impasto train``: train a model from folders of photos and artworks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, options_from
from impasto.cli.main import INTERRUPTED
from impasto.cli.stopping import stop_signals
from impasto.errors import UsageError
from impasto.training.config import DefaultTrainOptions
from impasto.weights.catalog import find_model

if TYPE_CHECKING:
    from impasto.training.session import Session

__all__ = ["command"]

LOGGED_STEPS = 100
EXAMPLES = """\b
Examples:
  impasto train default --content photos --style artworks --run runs/mine --minutes 60
  impasto export runs/mine -o mine
  impasto stylize photo.jpg --style painting.jpg --model mine
"""


@click.group("train")
def command() -> None:
    """Train a model; its run's folder holds the checkpoint, losses.csv and TensorBoard's files."""


@command.command("default", epilog=EXAMPLES)
@click.option(
    "--content", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Photos, in any subfolders."
)
@click.option(
    "--style", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Artworks, in any subfolders."
)
@click.option("--run", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of the run.")
@click.option(
    "--resume", is_flag=True, help="Continue the run: with its own options, but for those given now; exact if none is."
)
@click.option(
    "--begin-with",
    metavar="NAME|FOLDER",
    help="Begin a new run with the weights of this model, such as 'default', instead of random ones.",
)
@json_flag
@options_from(DefaultTrainOptions)
@click.pass_context
def train_default(
    ctx: click.Context,
    /,
    *,
    content: Path,
    style: Path,
    run: Path,
    resume: bool,
    begin_with: str | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Train the default model, which paints any style.

    Ctrl-C or kill finishes the step, saves and exits with 130; a second Ctrl-C stops at once.
    """
    with needs_extra("train", "training"):
        from impasto.training.session import Session

    named = {name: given[name] for name in given if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if {"steps", "minutes"} <= named.keys():
        raise UsageError("--steps and --minutes were both given; give one, as either says when training ends")
    if resume and begin_with is not None:
        raise UsageError("--resume and --begin-with were both given; a resumed run has weights of its own")
    origin = None if begin_with is None else find_model(begin_with)
    click.echo("Reading the pictures ...", err=True)
    if resume:
        # A run that was to last some minutes lasts some steps now.
        changes = {"minutes": None, **named} if "steps" in named else named
        session = Session.resume(content, style, run, changes)
    else:
        session = Session.start(content, style, run, DefaultTrainOptions(**given), origin)
    for name, folder in (("photos", session.content), ("artworks", session.style)):
        click.echo(f"{len(folder)} {name}, {len(folder.skipped)} files skipped", err=True)
        for reason in folder.skipped[:5]:
            click.echo(f"  skipped {reason}", err=True)
    last = _run(session)
    trainer = session.trainer
    finished = trainer.progress >= 1
    facts = {
        "run": str(run),
        "steps": trainer.step,
        "seconds": round(trainer.seconds),
        "finished": finished,
        "terms": last,
    }
    ending = "trained" if finished else "stopped and saved; continue with --resume"
    click.echo(json.dumps(facts) if as_json else f"{run}: {trainer.step} steps, {ending}")
    return 0 if finished else INTERRUPTED


def _run(session: Session) -> dict[str, float]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    terms: dict[str, float] = {}
    with stop_signals() as stopped, Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", total=1.0)
        bar.update(task, completed=session.trainer.progress)
        for step in session.train(lambda: bool(stopped)):
            terms = step.terms
            words = f"step {step.number}  loss {step.objective:.3f}  {1 / step.seconds:.2f} steps/s"
            bar.update(task, completed=session.trainer.progress, description=words)
            if not console.is_terminal and step.number % LOGGED_STEPS == 0:
                click.echo(words, err=True)
    return terms
