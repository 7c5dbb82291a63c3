"""Flags derived from options classes, so that an option is written once (see :mod:`impasto.options`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from impasto.errors import OutputExists
from impasto.options import EngineOptions, Option, describe
from impasto.weights.manifest import MANIFEST

if TYPE_CHECKING:
    from impasto.inference.stylizer import Stylizer

__all__ = ["check_free", "json_flag", "load_stylizer", "options_from"]

Function = TypeVar("Function", bound=Callable[..., Any])


def options_from(options: type) -> Callable[[Function], Function]:
    """Give a command one flag for each field of an options class, in order, named as the field is."""

    def decorate(function: Function) -> Function:
        for one in reversed(describe(options)):
            function = _flag(one)(function)
        return function

    return decorate


def json_flag(function: Function) -> Function:
    """Give a command ``--json``, as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people.")(
        function
    )


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse to replace the model in a folder unless that was asked for.

    Raises:
        OutputExists: there is one.
    """
    if (folder / MANIFEST).exists() and not overwrite:
        raise OutputExists(f"{folder} holds a model already; name another folder with -o, or --overwrite")


def load_stylizer(options: EngineOptions) -> Stylizer:
    """The model and engine that the options name."""
    from impasto.inference.stylizer import Stylizer

    return Stylizer.load(
        options.model,
        engine=options.engine,
        device=options.device,
        threads=options.threads,
        precision=options.precision,
    )


def _numbers(kind: type) -> Callable[[click.Context, click.Parameter, Any], tuple[Any, ...]]:
    """Reads numbers with commas between them."""

    def read(_ctx: click.Context, _parameter: click.Parameter, value: Any) -> tuple[Any, ...]:
        if value is None:
            return ()
        try:
            return tuple(kind(part) for part in value.split(","))
        except ValueError:
            raise click.BadParameter(f"{value!r} is no list of numbers such as 0,1") from None

    return read


def _or_empty(_ctx: click.Context, _parameter: click.Parameter, value: Any) -> Any:
    return () if value is None else value


def _flag(one: Option) -> Callable[[Function], Function]:
    name = "--" + one.name.replace("_", "-")
    if one.kind is bool:
        return click.option(name, one.name, is_flag=True, default=one.default, help=f"{one.doc}.")
    # To click even None is a default, with which nothing is missing.
    details: dict[str, Any] = {} if one.required else {"default": one.default}
    kind = click.Choice(one.choices) if one.choices else one.kind
    if one.many and one.kind in (int, float):
        kind = str
        details |= {"default": ",".join(map(str, one.default or ())) or None, "callback": _numbers(one.kind)}
    elif one.count is not None:
        details |= {"default": one.default or None, "nargs": one.count, "callback": _or_empty}
    elif one.many:
        details["multiple"] = True
    return click.option(
        name,
        one.name,
        type=kind,
        required=one.required,
        **details,
        show_default=one.default not in (None, ()),
        metavar=one.metavar,
        help=f"{one.doc}.",
    )
