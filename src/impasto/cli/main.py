"""The command ``impasto``: its verbs, and how errors become exit codes.

Exit codes: 0 done; 1 some of several inputs failed; 2 bad usage or input; 130 interrupted. Every error is one line on
standard error; that of one that is a bug says so, and ``--debug`` shows its traceback.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from impasto.errors import ImpastoError, UnknownName, unexpected
from impasto.files import cache_folder

__all__ = ["VERBS", "main"]

# Verb: the module whose ``command`` it is, imported when the verb is used, and its line in the list of verbs.
VERBS = {
    "stylize": ("impasto.cli.stylize", "Paint photos in the style of presets, pictures or saved style codes."),
    "video": ("impasto.cli.video", "Paint films with their sound, steadily; also animations and folders of frames."),
    "live": ("impasto.cli.live", "Paint what a camera sees, in a window, a film or a stream."),
    "studio": ("impasto.cli.studio", "Serve a page to paint on in the browser, and the API that it uses."),
    "styles": ("impasto.cli.styles", "List the preset styles, or paint a photo in all of them on one sheet."),
    "sheet": ("impasto.cli.sheet", "Paint a table: photos by styles, by strengths, or between four styles."),
    "learn": ("impasto.cli.learn", "Learn the style of an artwork in minutes: then photos look as if optimised."),
    "encode": ("impasto.cli.encode", "Save a picture's style as a style code, to paint with later."),
    "models": ("impasto.cli.models", "List the models."),
    "optimize": ("impasto.cli.optimize", "Paint a photo by optimising the picture itself: slow, the best there is."),
    "study": ("impasto.cli.study", "Run an experiment of the literature: layers, losses, weights, optimisers, ..."),
    "train": ("impasto.cli.train", "Train a model from folders of photos and artworks."),
    "export": ("impasto.cli.export", "Turn a training run into a model that paints."),
    "quantize": (
        "impasto.cli.quantize",
        "Copy a model to one that computes with 8-bit integers: often quicker.",
    ),
    "evaluate": ("impasto.cli.evaluate", "Measure a model's pastiches, or somebody else's."),
    "cache": ("impasto.cli.cache", "Show, move or clear the folder of compiled models."),
    "info": ("impasto.cli.info", "Show engines, devices, models and their checksums, and where things are kept."),
}

logger = logging.getLogger(__name__)

FAILED = 2
INTERRUPTED = 130


class _Verbs(click.Group):
    """A group that knows its verbs' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(VERBS[cmd_name][0]).command
        for one in (command, *getattr(command, "commands", {}).values()):
            if all(parameter.name != "debug" for parameter in one.params):
                one.params.append(_debug_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            if (verb := _verb_for(args[0])) is not None:
                return super().resolve_command(ctx, [verb, *args])
            raise UnknownName("command", args[0], VERBS, "run 'impasto --help' to list them")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])


def _verb_for(file: str) -> str | None:
    """The verb that paints a file or folder, for who gives one without a verb."""
    from impasto.cli.film_plan import FILM_SUFFIXES
    from impasto.cli.plan import PHOTO_SUFFIXES

    suffix = Path(file).suffix.lower()
    if suffix in FILM_SUFFIXES and suffix not in PHOTO_SUFFIXES:
        return "video"
    return "stylize" if suffix in PHOTO_SUFFIXES or Path(file).exists() else None


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        import impasto

        click.echo(f"impasto {impasto.__version__}")
        ctx.exit()


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_debug,
        help="Show the tracebacks of errors that are bugs.",
    )


def _debug(_ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        room = logging.getLogger("impasto")
        room.addHandler(logging.StreamHandler())
        room.setLevel(logging.DEBUG)


@click.group(
    cls=_Verbs,
    params=[_debug_option()],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
@click.pass_context
def impasto(ctx: click.Context) -> None:
    """Paint any photo in the manner of any artwork, on a CPU.

    A file instead of a command is painted: impasto photo.jpg --style udnie
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(FAILED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on ``arguments`` (the process's own unless given) and return its exit code."""
    # Our linear algebra is 3×3; the threads that numpy's starts otherwise take half of the time to import it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _keep_streams()
    with contextlib.suppress(RuntimeError):  # no home folder, where matplotlib would otherwise make two of its own
        os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name may hold what the terminal cannot show
    room = logging.getLogger("impasto")
    handlers, level = room.handlers.copy(), room.level
    try:
        code = impasto.main(arguments, prog_name="impasto", standalone_mode=False)
    except ImpastoError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        from impasto.cli.extras import without_extra

        if (missing := without_extra(error)) is None:
            raise
        return _fail(str(missing))
    except click.ClickException as error:
        return _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except MemoryError:
        return _fail("there is not enough memory; paint smaller with --size")
    except OSError as error:
        return _fail(str(error))
    except Exception as error:
        logger.debug("%s", type(error).__name__, exc_info=True)
        return _fail(unexpected(error))
    finally:
        room.handlers[:] = handlers
        room.setLevel(level)
    return code if isinstance(code, int) else 0


class _Output(io.FileIO):
    """Standard output, whose reader may leave: what is said then goes nowhere, and the work goes on."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def _keep_streams() -> None:
    """A closed stream becomes one that goes nowhere, lest the next file that is opened be taken for it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run
    out = sys.stdout
    if out is sys.__stdout__ and isinstance(out, io.TextIOWrapper) and not out.isatty():
        out.flush()
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(out.fileno(), "w", closefd=False)), encoding=out.encoding, errors=out.errors
        )


def _fail(message: str) -> int:
    click.echo(f"impasto: {' '.join(message.split())}", err=True)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
