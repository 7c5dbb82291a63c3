"""``/`` and ``/static``: the studio's page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from impasto.serve.studio import TheStudio

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
def page(
    studio: TheStudio,
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The studio's page."""
    return studio.files.answer("index.html", accept_encoding, if_none_match)


@router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
def static(
    path: str,
    studio: TheStudio,
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """One of the page's files."""
    return studio.files.answer(path, accept_encoding, if_none_match)
