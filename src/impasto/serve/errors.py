"""How errors become answers: a status and ``{"error": "one sentence"}``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from impasto.errors import EngineError, ImpastoError, MissingExtra, PictureTooLarge, WeightsError

__all__ = ["Refused", "answer_to", "handle_errors", "sentence_of", "status_of"]

logger = logging.getLogger(__name__)

# The first class that fits counts; what is not here was the request's fault.
STATUSES: dict[type[ImpastoError], int] = {
    PictureTooLarge: 413,
    MissingExtra: 501,
    EngineError: 503,
    WeightsError: 503,
}
RETRY_SECONDS = 2
MEANINGS = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this address does not take that method; /docs lists those it takes",
}


class Refused(ImpastoError):
    """A request that is not served: which status it gets, and after how many seconds another try makes sense."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(status, message, retry_after)
        self.status, self.message, self.retry_after = status, message, retry_after

    def __str__(self) -> str:
        return self.message


def status_of(error: Exception) -> int:
    """The status that says whose fault an error is."""
    if isinstance(error, Refused):
        return error.status
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return 422 if isinstance(error, ImpastoError) else 500


def sentence_of(error: BaseException) -> str:
    """One line, whatever an error says; of what was not foreseen only its kind."""
    if isinstance(error, ImpastoError):
        return " ".join(str(error).split())
    return f"something went wrong inside ({type(error).__name__}); the server's log says more"


def answer_to(status: int, sentence: str, retry_after: int | None = None) -> JSONResponse:
    """The answer of every error."""
    headers: Mapping[str, str] = {}
    if status in (429, 503):
        headers = {"Retry-After": str(retry_after or RETRY_SECONDS)}
    elif status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse({"error": sentence}, status, dict(headers))


def handle_errors(app: FastAPI) -> None:
    """Make every error of an application such an answer."""

    @app.exception_handler(ImpastoError)
    async def _known(_request: Request, error: ImpastoError) -> JSONResponse:
        retry_after = error.retry_after if isinstance(error, Refused) else None
        return answer_to(status_of(error), sentence_of(error), retry_after)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return answer_to(422, _invalid_field(error.errors()[0]))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400 and "multipart" not in request.headers.get("content-type", ""):
            return answer_to(415, "the request is no form; send multipart/form-data")
        found = answer_to(error.status_code, MEANINGS.get(error.status_code, " ".join(str(error.detail).split())))
        found.headers.update(error.headers or {})
        return found

    @app.exception_handler(Exception)
    async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer_to(500, sentence_of(error))


def _invalid_field(found: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in found["loc"][1:]) or "the request"
    if found["type"] == "missing":
        return f"{name} is missing, expected in the form"
    given = found.get("input")
    shown = f"{given[:60]!r}" if isinstance(given, str) else "not as it should be"
    message = str(found["msg"])
    return f"{name} is {shown}: {message[:1].lower()}{message[1:]}"
