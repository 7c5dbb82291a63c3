"""Fields that nobody reads, or of which all but one would be ignored, are refused: what was meant is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args, get_origin

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from starlette.datastructures import ImmutableMultiDict

from impasto.errors import UnknownName
from impasto.serve.errors import Refused

__all__ = ["KNOWN_FIELDS"]


async def _refuse_unknown(request: Request) -> None:
    dependant: Dependant | None = getattr(request.scope.get("route"), "dependant", None)
    if dependant is None:
        return
    _check(request.query_params, _fields_of(dependant, "query_params"), "field in addresses")
    form = _fields_of(dependant, "body_params")
    if form:
        _check(await request.form(), form, "field")


def _check(given: ImmutableMultiDict[str, Any], known: dict[str, bool], kind: str) -> None:
    for name in given:
        if name not in known:
            raise Refused(422, str(UnknownName(kind, name[:80], known)))
        times = len(given.getlist(name))
        if times > 1 and not known[name]:
            raise Refused(422, f"{name} was given {times} times, expected once; leave out all but one")


def _fields_of(dependant: Dependant, where: str) -> dict[str, bool]:
    """The names of fields, and whether each may be given several times."""
    found = {field.alias: _is_list(field.field_info.annotation) for field in getattr(dependant, where)}
    for one in dependant.dependencies:
        found |= _fields_of(one, where)
    return found


def _is_list(annotation: Any) -> bool:
    parts: Iterable[Any] = (annotation, *get_args(annotation))
    return any(get_origin(part) is list for part in parts)


KNOWN_FIELDS = Depends(_refuse_unknown)
