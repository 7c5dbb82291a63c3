"""Form fields derived from options classes, so that an option is written once (see :mod:`impasto.options`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from fastapi import Form

from impasto.options import Option, describe

__all__ = ["form_of"]


def form_of(options: type, names: Sequence[str]) -> Callable[..., dict[str, Any]]:
    """A FastAPI dependency that reads some options of a class from a form and gives those that were sent.

    Only named fields are read: what says which file or device is used is no client's business.
    """
    known = {one.name: one for one in describe(options)}
    chosen = [known[name] for name in names]

    def read(**given: Any) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value is not None}

    parameters = [
        Parameter(one.name, Parameter.KEYWORD_ONLY, annotation=_annotation(one), default=None) for one in chosen
    ]
    read.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # which FastAPI reads
    return read


def _annotation(one: Option) -> Any:
    kind: Any = Literal[one.choices] if one.choices else one.kind
    unless = "" if one.default is None else f"; {one.default} unless given"
    bounds: dict[str, Any] = {"ge": one.at_least, "le": one.at_most} if one.kind in (int, float) else {}
    examples = None if one.default is None else [one.default]
    if one.kind is float:
        bounds["allow_inf_nan"] = False
    return Annotated[kind | None, Form(description=f"{one.doc}{unless}.", examples=examples, **bounds)]
