"""How much comes in: bytes of a request, the time it may take to send, and how much is sent and answered at once.

What is still being sent takes no place from what is answered, so that slow clients do not keep out quick ones. When too
much is being sent at once, the slowest upload of the client that sends most makes room.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import time
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.serve.errors import answer_to

__all__ = ["Intake"]

SILENCE = 30.0  # seconds without a byte after which an upload is given up
PATIENCE = 15.0  # seconds that any upload is given ...
RATE = 4000.0  # ... and bytes that must have come for each second beyond
SETTLED = 2.0  # seconds before which an upload makes no room for others, as it may only just have begun
UPLOADS = 256
DRAIN_BYTES, DRAIN_SECONDS = 64 * 2**20, 10.0
BUSY = "too many requests are being served; try again in a moment"
METHODS = ("POST", "PUT", "PATCH", "DELETE")


class _Unreadable(Exception):
    """The body is too long, or comes too slowly."""


class _Upload:
    """A body that is on its way."""

    def __init__(self, client: str) -> None:
        self.client, self.begun, self.read = client, time.monotonic(), 0
        self.waiting: asyncio.Future[Message] | None = None
        self.given_up = self.counted_out = False

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def give_up(self) -> None:
        self.given_up = True
        if self.waiting is not None:
            self.waiting.cancel()

    async def more(self, receive: Receive) -> Message:
        """The next part.

        Raises:
            asyncio.TimeoutError: it comes too slowly, or makes room for others.
        """
        left = min(SILENCE, PATIENCE + self.read / RATE - self.seconds)
        if self.given_up or left <= 0:
            raise asyncio.TimeoutError
        self.waiting = asyncio.ensure_future(receive())
        try:
            return await asyncio.wait_for(self.waiting, left)
        except asyncio.CancelledError:
            if self.given_up:
                raise asyncio.TimeoutError from None
            raise
        finally:
            self.waiting = None


class Intake:
    """ASGI middleware around everything that reads a body.

    Args:
        limits: most bytes of a body by path; where none is given, a few.
        requests: that may be answered at the same time, from when all of them was sent.
        together: most bytes of the bodies that are being sent or answered.
        uploads: that may be sent at the same time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Mapping[str, int],
        otherwise: int = 2**16,
        requests: int,
        together: int,
        uploads: int = UPLOADS,
    ) -> None:
        self._app, self._limits, self._otherwise = app, limits, otherwise
        self._requests, self._together, self._most_uploads = requests, together, uploads
        self._answering = self._held = 0
        self._uploads: set[_Upload] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        upload = _Upload(client[0] if client else "unknown")
        if len(self._uploads) >= self._most_uploads and not self._make_room(upload):
            await _drain(receive)
            await answer_to(503, BUSY)(scope, receive, send)
            return
        self._uploads.add(upload)
        try:
            await self._serve(upload, scope, receive, send)
        finally:
            self._uploads.discard(upload)

    async def _serve(self, upload: _Upload, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limits.get(scope["path"], self._otherwise)
        too_long = answer_to(413, f"the request holds more than the {limit:,} bytes allowed here; send smaller files")
        refusal: Response | None = None
        begun = whole = False

        async def counted() -> Message:
            nonlocal refusal, whole
            if whole:  # what comes now is only that the client has gone, for which there is no hurry
                return await receive()
            try:
                message = await upload.more(receive)
            except asyncio.TimeoutError:
                refusal = _too_slow(upload)
                raise _Unreadable from None
            size = len(message.get("body", b""))
            upload.read += size
            self._held += size
            whole = not message.get("more_body")
            if upload.read > limit:
                refusal = too_long
            elif self._held > self._together and not self._make_room(upload):
                refusal = answer_to(503, BUSY)
            elif whole:
                self._uploads.discard(upload)
                if self._answering >= self._requests:
                    refusal = answer_to(503, BUSY)
            if refusal is not None:
                raise _Unreadable
            if whole:
                self._answering += 1
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
                self._count_out(upload)
                self._answering -= whole and refusal is None
        if refusal is not None and not begun:
            if refusal.status_code != 408 and not whole:
                await _drain(receive)
            await refusal(scope, receive, send)

    def _make_room(self, newcomer: _Upload) -> bool:
        """Give up the slowest upload of the client that sends most; whether there was one."""
        going = [one for one in self._uploads if one is not newcomer and not one.given_up]
        sent_by = collections.Counter(one.client for one in going)
        settled = [one for one in going if one.seconds >= SETTLED]
        if not settled:
            return False
        slowest = min(settled, key=lambda one: (-sent_by[one.client], one.read / one.seconds))
        slowest.give_up()
        self._uploads.discard(slowest)
        self._count_out(slowest)
        return True

    def _count_out(self, upload: _Upload) -> None:
        if not upload.counted_out:
            upload.counted_out = True
            self._held -= upload.read


def _too_slow(upload: _Upload) -> Response:
    answer = answer_to(
        408,
        f"the request came too slowly, {upload.read:,} bytes in {upload.seconds:.0f} seconds; send it again over a "
        "quicker connection, or send less",
    )
    answer.headers["Connection"] = "close"  # the rest would come as slowly
    return answer


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
