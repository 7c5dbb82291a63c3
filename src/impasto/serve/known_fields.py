"""Fields of a form that nobody reads are refused: a typing error must not be taken for the usual."""

from __future__ import annotations

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from impasto.errors import UnknownName
from impasto.serve.errors import Refused

__all__ = ["KNOWN_FIELDS"]


async def _refuse_unknown(request: Request) -> None:
    dependant: Dependant | None = getattr(request.scope.get("route"), "dependant", None)
    if dependant is None:
        return
    known = _fields_of(dependant)
    for name in await request.form():
        if name not in known:
            raise Refused(422, str(UnknownName("field", name, known)))


def _fields_of(dependant: Dependant) -> set[str]:
    found = {field.alias for field in dependant.body_params}
    return found.union(*(_fields_of(one) for one in dependant.dependencies))


KNOWN_FIELDS = Depends(_refuse_unknown)
