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


def _flag(one: Option) -> Callable[[Function], Function]:
    name = "--" + one.name.replace("_", "-")
    if one.kind is bool:
        return click.option(name, one.name, is_flag=True, default=one.default, help=f"{one.doc}.")
    # To click even None is a default, with which nothing is missing.
    default = {} if one.required else {"default": one.default}
    return click.option(
        name,
        one.name,
        type=click.Choice(one.choices) if one.choices else one.kind,
        multiple=one.many,
        required=one.required,
        **default,
        show_default=one.default is not None,
        metavar=one.metavar,
        help=f"{one.doc}.",
    )
