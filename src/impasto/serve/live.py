"""``/v1/live``: a camera's frames in, their pastiches out; the newest frame only, never a queue.

One task reads, another paints. Between them lies a single frame, which a newer one replaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from impasto.errors import ImpastoError, UsageError
from impasto.inference.codes import Code
from impasto.options import LookOptions
from impasto.serve.errors import Refused, sentence_of
from impasto.serve.studio import Studio, client_of, studio_of
from impasto.serve.tasks import Painted, PaintFrame

__all__ = ["router"]

router = APIRouter()

FIELDS = ("strength", "size", "stroke", "color", "saturation", "brightness")
FRAME_BYTES = 4 * 2**20
FRAME_PIXELS = 2_100_000
FRAME_SECONDS = 10.0
TOLD_EVERY = 1.0
REMEMBERED = 60
MOST_ERRORS = 30  # frames in a row that cannot be read, after which the connection is closed
SILENCE = 120.0
TRY_LATER, WENT_AWAY = 1013, 1001


@dataclass(frozen=True, eq=False)
class _Settings:
    code: Code
    look: LookOptions


@dataclass(frozen=True)
class _Frame:
    data: bytes
    taken: float


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """Paint what comes until the client goes."""
    studio, client = studio_of(socket), client_of(socket)
    await socket.accept()
    if studio.sockets.total() >= studio.options.sockets:
        await _refuse(socket, "too many cameras are being painted; try again later")
    elif studio.sockets[client] >= studio.options.sockets_per_client:
        await _refuse(socket, f"{studio.sockets[client]} cameras of yours are being painted already; close one")
    else:
        studio.sockets[client] += 1
        try:
            await _Session(socket, studio).run()
        finally:
            studio.sockets[client] -= 1
            if not studio.sockets[client]:
                del studio.sockets[client]


class _Session:
    """One connection."""

    def __init__(self, socket: WebSocket, studio: Studio) -> None:
        self._socket, self._studio = socket, studio
        self._settings: _Settings | None = None
        self._frame: _Frame | None = None
        self._changed = asyncio.Event()
        self._dropped = self._errors = 0
        self._sent: deque[float] = deque(maxlen=REMEMBERED)
        self._latencies: deque[float] = deque(maxlen=REMEMBERED)
        self._memory: dict[str, Any] | None = None
        self._present: Code | None = None  # what the last frame was painted with

    async def run(self) -> None:
        tasks = [asyncio.create_task(one) for one in (self._read(), self._paint(), self._studio.stopping.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if tasks[2] in done:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(WENT_AWAY)
        for task in done:
            error = task.exception()
            if error is not None and not isinstance(error, (WebSocketDisconnect, RuntimeError, asyncio.TimeoutError)):
                raise error
        if self._socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close()

    async def _read(self) -> None:
        while True:
            message = await asyncio.wait_for(self._socket.receive(), SILENCE)
            if message["type"] == "websocket.disconnect":
                return
            if (text := message.get("text")) is not None:
                await self._set(text)
            elif self._settings is None:
                await self._say({"error": 'the first message sets the styles, such as {"styles": [["udnie", 1]]}'})
            else:
                self._dropped += self._frame is not None
                self._frame = _Frame(message.get("bytes") or b"", time.perf_counter())
                self._changed.set()

    async def _set(self, text: str) -> None:
        try:
            self._settings = await asyncio.to_thread(_settings_from, text, self._studio)
        except ImpastoError as error:
            await self._say({"error": sentence_of(error)})

    async def _paint(self) -> None:
        before: float | None = None
        told = time.perf_counter()
        while True:
            await self._changed.wait()
            self._changed.clear()
            frame, self._frame = self._frame, None
            settings = self._settings
            if frame is None or settings is None:
                continue
            seconds = 0.0 if before is None else frame.taken - before
            if await self._paint_one(frame, settings, seconds):
                before = frame.taken
            if time.perf_counter() - told >= TOLD_EVERY:
                told = time.perf_counter()
                await self._tell()

    async def _paint_one(self, frame: _Frame, settings: _Settings, seconds: float) -> bool:
        """Whether the frame was painted."""
        meanwhile = None if self._present is settings.code else self._present
        task = PaintFrame(frame.data, settings.code, settings.look, self._memory, seconds, FRAME_PIXELS, meanwhile)
        try:
            if len(frame.data) > FRAME_BYTES:
                raise UsageError(f"a frame has {len(frame.data):,} bytes, expected at most {FRAME_BYTES:,}")
            painted: Painted = await self._studio.pool.do(task, seconds=FRAME_SECONDS)
        except ImpastoError as error:
            self._errors += 1
            await self._say({"error": sentence_of(error)})
            if self._errors >= MOST_ERRORS:
                await self._socket.close(TRY_LATER if isinstance(error, Refused) else 1007)
                raise WebSocketDisconnect from None
            return False
        self._errors = 0
        self._memory = painted.memory
        if painted.current:
            self._present = settings.code
        self._studio.metrics.painted.labels("frame").observe(painted.seconds)
        await self._socket.send_bytes(painted.data)
        self._sent.append(time.perf_counter())
        self._latencies.append(self._sent[-1] - frame.taken)
        return True

    async def _tell(self) -> None:
        sent, dropped = self._sent, self._dropped
        self._dropped = 0
        self._studio.metrics.dropped.inc(dropped)
        span = sent[-1] - sent[0] if len(sent) > 1 else 0.0
        latency = median(self._latencies) * 1000 if self._latencies else 0.0
        await self._say(
            {
                "fps": round((len(sent) - 1) / span, 1) if span else 0.0,
                "latency_ms": round(latency),
                "dropped": dropped,
            }
        )

    async def _say(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(message))


async def _refuse(socket: WebSocket, sentence: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_text(json.dumps({"error": sentence}))
        await socket.close(TRY_LATER)


def _settings_from(text: str, studio: Studio) -> _Settings:
    """What a text message asks for.

    Raises:
        ImpastoError: it cannot be done.
    """
    expected = 'expected an object such as {"styles": [["udnie", 1.0]], "strength": 1.0, "color": "style"}'
    try:
        asked = json.loads(text)
        styles = [(str(name), float(weight)) for name, weight in asked["styles"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError(f"the message cannot be understood, {expected}") from None
    unknown = sorted(set(asked) - {"styles", *FIELDS})
    if unknown:
        raise UsageError(f"there is no field {unknown[0][:40]!r}; {expected}")
    given = {name: asked[name] for name in FIELDS if asked.get(name) is not None}
    return _Settings(studio.styles.mix(styles), LookOptions(**given))
