"""HEAD wherever GET is: what GET would answer, without its body."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Heads"]


class Heads:
    """ASGI middleware that asks the application for GET and ends it once the headers are known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        told = asyncio.Event()

        async def head_only(message: Message) -> None:
            if message["type"] == "http.response.start" and not told.is_set():
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                told.set()

        async def ask() -> None:
            await self._app({**scope, "method": "GET"}, receive, head_only)

        asked = asyncio.create_task(ask())
        waiting = asyncio.create_task(told.wait())
        try:
            await asyncio.wait((asked, waiting), return_when=asyncio.FIRST_COMPLETED)  # events of a job have no end
        finally:
            for task in (asked, waiting):
                task.cancel()
            failed = (await asyncio.gather(asked, waiting, return_exceptions=True))[0]
        if isinstance(failed, Exception) and not told.is_set():
            raise failed
