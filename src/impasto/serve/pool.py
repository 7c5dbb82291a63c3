"""Several painters, and the line of requests before them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from impasto.errors import EngineError, ImpastoError
from impasto.serve.errors import Refused
from impasto.serve.painter import Painter, PainterSetup
from impasto.serve.tasks import Task

__all__ = ["Pool"]

logger = logging.getLogger(__name__)


class Pool:
    """Painters that share a line of bounded length.

    Args:
        setup: for each painter's process.
        count: painters.
        queue: tasks that may wait; any more are refused.
        seconds: that a task may take, and may wait.
    """

    def __init__(self, setup: PainterSetup, *, count: int, queue: int, seconds: float) -> None:
        self.count, self.ready, self.waiting, self.busy, self.replaced = count, 0, 0, 0, 0
        self.fingerprint = ""
        """Of how the painters compute; see :class:`impasto.serve.painter.Painter`."""
        self.error: ImpastoError | None = None
        """Why no painter could be started."""
        self._queue, self._seconds = queue, seconds
        self._painters = [Painter(setup, self._note_replaced) for _ in range(count)]
        self._free: asyncio.Queue[Painter] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="painter")
        self._starting: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> list[int]:
        """The numbers of the painters' processes."""
        return [painter.pid for painter in self._painters if painter.pid is not None]

    @property
    def renewed(self) -> int:
        """How many painters held too much memory, and gave their place to another."""
        return sum(painter.renewed for painter in self._painters)

    def start(self) -> None:
        """Begin to start the painters; tasks wait for them."""
        self._starting = [asyncio.create_task(self._start(painter)) for painter in self._painters]

    async def do(
        self, task: Task, *, seconds: float | None = None, wanted: Callable[[], Awaitable[bool]] | None = None
    ) -> Any:
        """Have a task done by the next free painter.

        Args:
            seconds: that it may take, if not the pool's own number.
            wanted: asked when its turn comes; if nobody wants it any more, it is left out and ``None`` is given.

        Raises:
            Refused: too many wait, or it waited too long.
            ImpastoError: it cannot be done.
        """
        self._check_started()
        if self.error is not None and not self.ready:
            raise self.error
        painter = await self._turn()
        if wanted is not None and not await self._still(wanted, painter):
            return None
        self.busy += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, painter.do, task, seconds or self._seconds)

        def back(_: object) -> None:
            self.busy -= 1
            self._free.put_nowait(painter)

        done.add_done_callback(back)  # also when whoever asked is gone: the painter is busy until it is not
        return await asyncio.shield(done)

    async def identity(self) -> str:
        """:attr:`fingerprint`, once a painter is there to tell it."""
        self._check_started()
        await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
        return self.fingerprint

    async def close(self) -> None:
        """End all painters; tasks in work fail."""
        for painter in self._painters:
            painter.close()
        for starting in self._starting:
            starting.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for painter in self._painters:
            painter.kill()

    def _check_started(self) -> None:
        if not self._starting:
            raise Refused(503, "the server has not been started; its lifespan events must be sent to it")

    async def _turn(self) -> Painter:
        if self._free.empty() and self.waiting >= self._queue:
            raise Refused(503, f"{self.waiting} requests are waiting already; try again in a moment")
        self.waiting += 1
        try:
            return await asyncio.wait_for(self._free.get(), self._seconds)
        except asyncio.TimeoutError:
            raise self.error or Refused(503, "no painter became free in time; try again in a moment") from None
        finally:
            self.waiting -= 1

    async def _still(self, wanted: Callable[[], Awaitable[bool]], painter: Painter) -> bool:
        try:
            if await wanted():
                return True
        except BaseException:
            self._free.put_nowait(painter)
            raise
        self._free.put_nowait(painter)
        return False

    async def _start(self, painter: Painter) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, painter.start)
        except ImpastoError as error:
            logger.error("no painter could be started: %s", error)  # noqa: TRY400 - the sentence says all
            self.error = error
            return
        except Exception as error:
            logger.exception("no painter could be started")
            self.error = EngineError(
                f"no painter could be started ({type(error).__name__}); the server's log says more"
            )
            return
        self.ready += 1
        self.fingerprint = painter.fingerprint
        self._free.put_nowait(painter)

    def _note_replaced(self) -> None:
        self.replaced += 1
