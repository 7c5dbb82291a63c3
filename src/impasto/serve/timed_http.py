"""HTTP by uvicorn, which gives up connections whose request does not begin in time."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEADER_SECONDS", "TimedHttp"]

HEADER_SECONDS = 10.0  # for a request's line and headers; uvicorn itself would wait for ever


class TimedHttp(H11Protocol):
    """One connection. Its body is timed by :class:`impasto.serve.intake.Intake`, its idleness by uvicorn."""

    _timer: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self._upgraded:
            if self.timeout_keep_alive_task is None:
                self._expect()
        else:
            self._forget()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._upgraded = True
        self._forget()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
