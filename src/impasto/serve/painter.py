"""One painter: a process of its own, which a hostile file may kill, and the server's end of the pipe to it.

The process does one task after another. If it dies, it is replaced and the task is tried once more: most deaths are not
the task's fault, and one that is must not cost more than two painters.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import PIL

from impasto.batch.photo import load_stylizer
from impasto.errors import EngineError, ImpastoError
from impasto.inference.stylizer import Stylizer
from impasto.options import EngineOptions
from impasto.serve.child import give_back_memory, resident_bytes, settle_in
from impasto.serve.tasks import PaintFrame, Task

__all__ = ["Painter", "PainterSetup"]

logger = logging.getLogger(__name__)

START_SECONDS = 120.0
TRIES = 2
MB = 2**20
KEPT_BYTES = 400 * MB
IDLE_SECONDS = 5.0
LATE = EngineError("a painter was not ready in time; the machine may be overloaded")
DIED = EngineError("a painter died while it started; the server's log says more")


@dataclass(frozen=True)
class PainterSetup:
    """What a painter's process is started with.

    Attributes:
        engine: the model, and what runs it.
        memory: bytes that it may take.
        kept: bytes that it may hold after a task without giving back what it paints in, which takes milliseconds to
            take again.
    """

    engine: EngineOptions
    memory: int
    kept: int = KEPT_BYTES


class Painter:
    """The server's end. Its methods block and are called from one thread at a time.

    Args:
        setup: for the process.
        replaced: called whenever a process has died and another is started.

    Attributes:
        fingerprint: of a small picture that was painted to begin with. Engines, their versions and processors differ in
            last bits, and whoever paints with other bits has another fingerprint.
    """

    def __init__(self, setup: PainterSetup, replaced: Callable[[], None] = lambda: None) -> None:
        self._setup = setup
        self._replaced = replaced
        self._process: Any = None
        self._pipe: Connection | None = None
        self._closed = False
        self.fingerprint = ""

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process and wait until it can paint.

        Raises:
            ImpastoError: the model cannot be loaded.
            EngineError: the process died, or is not ready in two minutes.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_paint, args=(theirs, self._setup), name="impasto-painter", daemon=True)
        self._process.start()
        theirs.close()  # so that its end is closed when the process dies
        try:
            told: tuple[bool, Any] = self._pipe.recv() if self._pipe.poll(START_SECONDS) else (False, LATE)
        except (EOFError, OSError):
            told = (False, DIED)
        ready, found = told
        if not ready:
            self.kill()
            raise found
        self.fingerprint = found

    def do(self, task: Task, seconds: float) -> Any:
        """Have a task done.

        Raises:
            ImpastoError: it cannot be done.
            EngineError: it takes too long, or killed two painters.
        """
        for _ in range(TRIES):
            if self._closed:
                raise EngineError("the server is being stopped; send the request again later")
            if self._process is None or not self._process.is_alive():
                self._restart()
            assert self._pipe is not None
            try:
                self._pipe.send(task)
                if not self._pipe.poll(seconds):
                    logger.warning(
                        "%s took longer than %g seconds; its painter is replaced", type(task).__name__, seconds
                    )
                    self.kill()
                    raise EngineError(
                        f"this takes longer than the {seconds:g} s allowed; give a smaller size, or send it as a job"
                    )
                done, found = self._pipe.recv()
            except (EOFError, OSError):
                logger.warning("a painter died while it did %s", type(task).__name__)
                self.kill()
                continue
            if done:
                return found
            raise found
        raise EngineError("two painters died of this request, so it is not tried again; is the file damaged?")

    def kill(self) -> None:
        """End the process at once; the next task starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def close(self) -> None:
        """End the process for good; may be called from another thread, whose task then fails."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def _restart(self) -> None:
        self.kill()
        self._replaced()
        self.start()


def _paint(pipe: Connection, setup: PainterSetup) -> None:
    """The process: load the model, then do what comes through the pipe until it is closed."""
    settle_in(memory=setup.memory)
    try:
        stylizers = _Stylizers(setup.engine)
        fingerprint = _fingerprint(stylizers.for_pictures)
    except ImpastoError as error:
        pipe.send((False, error))
        return
    pipe.send((True, fingerprint))
    most, tidy = setup.kept, False
    while True:
        try:
            idle = not tidy and not pipe.poll(IDLE_SECONDS)
            if not idle:
                task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        if not idle:
            pipe.send(_outcome(task, stylizers))
            del task
        tidy = idle or resident_bytes() > most
        if tidy:
            stylizers.give_back()
            # What cannot be given back must not be asked for after every frame.
            most = max(setup.kept, resident_bytes() + setup.kept // 2)


class _Stylizers:
    """The model opened once for pictures, and once more for frames when the first comes."""

    def __init__(self, options: EngineOptions) -> None:
        self.for_pictures = load_stylizer(options)  # equal requests give equal bytes, whichever painter does them

    @cached_property
    def for_frames(self) -> Stylizer:
        """Quicker with shapes that come again and again; which are prepared for depends on what came first."""
        return Stylizer(self.for_pictures.manifest, self.for_pictures.engine)

    def give_back(self) -> None:
        """Return the memory that painting works in to the system."""
        self.for_pictures.close()
        if "for_frames" in vars(self):
            self.for_frames.close()
        give_back_memory()


def _fingerprint(stylizer: Stylizer) -> str:
    y, x = np.mgrid[:96, :128]
    picture = np.stack([2 * x, 2 * y, x + y], axis=-1).astype(np.uint8)
    style = stylizer.presets[0].name if stylizer.presets else picture
    painted = stylizer.stylize(picture, style).tobytes()
    return hashlib.sha256(painted + PIL.__version__.encode()).hexdigest()  # which encodes what was painted


def _outcome(task: Task, stylizers: _Stylizers) -> tuple[bool, Any]:
    try:
        return True, task.run(stylizers.for_frames if isinstance(task, PaintFrame) else stylizers.for_pictures)
    except ImpastoError as error:
        error.__cause__ = error.__context__ = None  # which need not survive the pipe
        return False, error
    except MemoryError:
        return False, EngineError("there is not enough memory for this; give a smaller size")
    except Exception as error:
        logging.getLogger(__name__).exception("%s failed", type(task).__name__)
        return False, EngineError(f"an unexpected {type(error).__name__} ({error}); please report it")
