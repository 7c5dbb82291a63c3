"""One painter: a process of its own, which a hostile file may kill, and the server's end of the pipe to it.

The process does one task after another. If it dies, it is replaced and the task is tried once more: most deaths are not
the task's fault, and one that is must not cost more than two painters.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import threading
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
CEILING_BYTES = 600 * MB
SPARE_BYTES = 300 * MB
IDLE = ((5.0, KEPT_BYTES), (55.0, 0))
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
        ceiling: bytes that it may hold when it has given back all that it can; beyond, another takes its place.
        spare: bytes that it may so hold in any case beyond what it began with, as another of a large model would too.
        idle: seconds without a task, one after the other, after each of which it gives back what it paints in, and what
            it has opened too if it then still holds more than so many bytes.
    """

    engine: EngineOptions
    memory: int
    kept: int = KEPT_BYTES
    ceiling: int = CEILING_BYTES
    spare: int = SPARE_BYTES
    idle: tuple[tuple[float, int], ...] = IDLE


class Painter:
    """The server's end. Its methods block; tasks come from one thread at a time.

    A process that cannot give back enough memory is renewed: it goes on until another is ready to take its place.

    Args:
        setup: for the process.
        replaced: called whenever a process has died and another is started.

    Attributes:
        fingerprint: of a small picture that was painted to begin with. Engines, their versions and processors differ in
            last bits, and whoever paints with other bits has another fingerprint.
        renewed: how often another process took the place of one that held too much.
    """

    def __init__(self, setup: PainterSetup, replaced: Callable[[], None] = lambda: None) -> None:
        self._setup = setup
        self._replaced = replaced
        self._process: _Process | None = None
        self._next: _Process | None = None
        self._lock = threading.Lock()  # held while a task is done
        self._closed = False
        self.fingerprint = ""
        self.renewed = 0

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        process = self._process
        return None if process is None else process.pid

    def start(self) -> None:
        """Start the process and wait until it can paint.

        Raises:
            ImpastoError: the model cannot be loaded.
            EngineError: the process died, or is not ready in two minutes.
        """
        self._process = _Process(self._setup)
        try:
            self.fingerprint = self._process.ready()
        except ImpastoError:
            self._end()
            raise

    def do(self, task: Task, seconds: float) -> Any:
        """Have a task done.

        Raises:
            ImpastoError: it cannot be done.
            EngineError: it takes too long, or killed two painters.
        """
        with self._lock:
            for _ in range(TRIES):
                if self._closed:
                    raise EngineError("the server is being stopped; send the request again later")
                self._take_next()
                if self._process is None or not self._process.is_alive():
                    self._restart()
                assert self._process is not None
                try:
                    told = self._process.ask(task, seconds)
                except TimeoutError:
                    logger.warning(
                        "%s took longer than %g seconds; its painter is replaced", type(task).__name__, seconds
                    )
                    self._end()
                    raise EngineError(
                        f"this takes longer than the {seconds:g} s allowed; give a smaller size, or send it as a job"
                    ) from None
                except (EOFError, OSError):
                    logger.warning("a painter died while it did %s", type(task).__name__)
                    self._end()
                    continue
                done, found, worn = told
                if worn:
                    self._renew()
                if done:
                    return found
                raise found
        raise EngineError("two painters died of this request, so it is not tried again; is the file damaged?")

    def kill(self) -> None:
        """End the process at once; the next task starts another."""
        self._end()
        fresh, self._next = self._next, None
        if fresh is not None:
            fresh.end()

    def close(self) -> None:
        """End the process for good; may be called from another thread, whose task then fails."""
        self._closed = True
        for process in (self._process, self._next):
            if process is not None:
                process.kill()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _restart(self) -> None:
        self._end()
        self._replaced()
        self.start()

    def _renew(self) -> None:
        """Have another process take over as soon as it can, at the latest between two tasks."""
        if self._next is None and not self._closed:
            self._next = _Process(self._setup)
            threading.Thread(target=self._await_next, args=(self._next,), daemon=True, name="renew-painter").start()

    def _await_next(self, process: _Process) -> None:
        try:
            process.ready()
        except (ImpastoError, ValueError) as error:  # ValueError: ended meanwhile
            if not self._closed:
                logger.warning("a painter could not be renewed: %s", error)
            process.end()
            if self._next is process:
                self._next = None
            return
        with self._lock:
            self._take_next()

    def _take_next(self) -> None:
        process = self._next
        if process is not None and process.is_ready and not self._closed:
            before, self._process, self._next = self._process, process, None
            self.renewed += 1
            if before is not None:
                before.end()


class _Process:
    """A process that paints, and the pipe to it."""

    def __init__(self, setup: PainterSetup) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_paint, args=(theirs, setup), name="impasto-painter", daemon=True)
        self._process.start()
        theirs.close()  # so that its end is closed when the process dies
        self.is_ready = False

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def ready(self) -> str:
        """Its fingerprint, once it can paint; raises as :meth:`Painter.start`."""
        try:
            told: tuple[bool, Any] = self._pipe.recv() if self._pipe.poll(START_SECONDS) else (False, LATE)
        except (EOFError, OSError):
            told = (False, DIED)
        done, found = told
        if not done:
            raise found
        self.is_ready = True
        fingerprint: str = found
        return fingerprint

    def ask(self, task: Task, seconds: float) -> tuple[bool, Any, bool]:
        """Whether a task was done, its outcome or error, and whether the process holds too much now.

        Raises:
            TimeoutError: it takes too long.
            EOFError, OSError: the process died.
        """
        self._pipe.send(task)
        if not self._pipe.poll(seconds):
            raise TimeoutError
        told: tuple[bool, Any, bool] = self._pipe.recv()
        return told

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


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
    most, ceiling = setup.kept, max(setup.ceiling, resident_bytes() + setup.spare)
    while True:
        try:
            for seconds, bound in setup.idle:
                if pipe.poll(seconds):
                    break
                stylizers.give_back(bound)
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        outcome = _outcome(task, stylizers)
        del task
        # Before the answer, so that it tells of what remains: only long tasks leave so much.
        if resident_bytes() > most:
            stylizers.give_back(ceiling)
            # What cannot be given back must not be asked for after every frame.
            most = max(setup.kept, min(resident_bytes() + setup.kept // 2, ceiling))
        pipe.send((*outcome, resident_bytes() > ceiling))
        del outcome


class _Stylizers:
    """The model opened once for pictures, and once more for frames when the first comes."""

    def __init__(self, options: EngineOptions) -> None:
        self.for_pictures = load_stylizer(options)  # equal requests give equal bytes, whichever painter does them

    @cached_property
    def for_frames(self) -> Stylizer:
        """Quicker with shapes that come again and again; which are prepared for depends on what came first."""
        return Stylizer(self.for_pictures.manifest, self.for_pictures.engine)

    def give_back(self, most: int) -> None:
        """Return the memory that painting works in to the system; beyond so many bytes, what is open as well."""
        self._close(learnt=False)
        if resident_bytes() > most:
            self._close(learnt=True)

    def _close(self, *, learnt: bool) -> None:
        self.for_pictures.close(learnt=learnt)
        if learnt:
            vars(self).pop("for_frames", None)  # with all the shapes that it was prepared for
        elif "for_frames" in vars(self):
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
