"""Flags derived from options classes, so that an option is written once (see :mod:`impasto.options`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from impasto.options import EngineOptions, Option, describe

if TYPE_CHECKING:
    from impasto.inference.stylizer import Stylizer

__all__ = ["json_flag", "load_stylizer", "options_from"]

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


class _Numbers(click.ParamType):
    """Numbers with commas between them, as a tuple."""

    name = "numbers"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self.kind(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of numbers such as 0,1", param, ctx)


def _nothing_is_empty(_ctx: click.Context, _parameter: click.Parameter, value: Any) -> Any:
    # Click takes the default () for too few values.
    return () if value is None else value


def _flag(one: Option) -> Callable[[Function], Function]:
    name = "--" + one.name.replace("_", "-")
    if one.kind is bool:
        return click.option(name, one.name, is_flag=True, default=one.default, help=f"{one.doc}.")
    # To click even None is a default, with which nothing is missing.
    default = {} if one.required else {"default": one.default}
    kind = click.Choice(one.choices) if one.choices else one.kind
    if one.many and one.kind in (int, float):
        kind = _Numbers(one.kind)
    elif one.count is not None:
        default = {"default": one.default or None, "nargs": one.count, "callback": _nothing_is_empty}
    return click.option(
        name,
        one.name,
        type=kind,
        multiple=one.many and one.kind is str and one.count is None,
        required=one.required,
        **default,
        show_default=one.default not in (None, ()),
        metavar=one.metavar,
        help=f"{one.doc}.",
    )
