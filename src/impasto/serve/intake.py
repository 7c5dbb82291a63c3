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
BUSY = "too many requests are being served; try again in a moment"
METHODS = ("POST", "PUT", "PATCH", "DELETE")


class _Unreadable(Exception):
    """The body is too long, or comes too slowly."""


class Intake:
    """ASGI middleware around everything that reads a body.

    Args:
        limits: most bytes of a body by path; where none is given, a few.
        requests: that may be read or answered at the same time.
        together: most bytes of their bodies.
    """

    def __init__(
        self, app: ASGIApp, *, limits: Mapping[str, int], otherwise: int = 2**16, requests: int, together: int
    ) -> None:
        self._app, self._limits, self._otherwise = app, limits, otherwise
        self._requests, self._together = requests, together
        self._open = self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        if self._open >= self._requests:
            await _drain(receive)
            await answer_to(503, BUSY)(scope, receive, send)
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
            size = len(message.get("body", b""))
            read += size
            self._held += size
            whole = not message.get("more_body")
            if read > limit or self._held > self._together:
                refusal = too_long if read > limit else answer_to(503, BUSY)
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
            try:
                with contextlib.suppress(_Unreadable):
                    await self._app(scope, counted, unless_refused)
            finally:
                self._held -= read
        if refusal is not None and not begun:
            if refusal is not too_slow and not whole:
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
