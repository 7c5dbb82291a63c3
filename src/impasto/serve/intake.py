"""How much comes in: bytes of a request, seconds it may take to send, and uploads at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.serve.errors import answer_to

__all__ = ["Intake"]

SILENCE = 30.0  # seconds without a byte after which an upload is given up
DRAIN_BYTES, DRAIN_SECONDS = 64 * 2**20, 10.0
METHODS = ("POST", "PUT", "PATCH", "DELETE")


class _Unreadable(Exception):
    """The body is too long, or comes too slowly."""


class Intake:
    """ASGI middleware around everything that reads a body.

    Args:
        limits: most bytes of a body by path; where none is given, a few.
        uploads: requests whose body may be read, or that may be answered, at the same time.
    """

    def __init__(self, app: ASGIApp, *, limits: Mapping[str, int], otherwise: int = 2**16, uploads: int) -> None:
        self._app, self._limits, self._otherwise, self._uploads = app, limits, otherwise, uploads
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        if self._open >= self._uploads:
            await _drain(receive)
            await answer_to(503, "too many requests are being served; try again in a moment")(scope, receive, send)
            return
        self._open += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._open -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limits.get(scope["path"], self._otherwise)
        too_long = answer_to(413, f"the request holds more than the {limit:,} bytes allowed here; send smaller files")
        too_slow = answer_to(408, f"no byte came for {SILENCE:g} seconds; send the request again")
        refusal: Response | None = None
        begun = whole = False
        read = 0

        async def counted() -> Message:
            nonlocal read, refusal, whole
            if whole:  # what comes now is only that the client has gone, for which there is no hurry
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), SILENCE)
            except asyncio.TimeoutError:
                refusal = too_slow
                raise _Unreadable from None
            read += len(message.get("body", b""))
            whole = not message.get("more_body")
            if read > limit:
                refusal = too_long
                raise _Unreadable
            return message

        async def unless_refused(message: Message) -> None:
            nonlocal begun
            if refusal is None or begun:
                begun = True
                await send(message)

        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            refusal = too_long
        else:
            # The application answers an error while it reads with one of its own, which is then not sent.
            with contextlib.suppress(_Unreadable):
                await self._app(scope, counted, unless_refused)
        if refusal is not None and not begun:
            if refusal is too_long and not whole:
                await _drain(receive)
            await refusal(scope, receive, send)


async def _drain(receive: Receive) -> None:
    """Read on for a while and keep nothing: a client that is still sending would not see the answer."""

    async def read() -> None:
        left = DRAIN_BYTES
        while left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return

    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(read(), DRAIN_SECONDS)
