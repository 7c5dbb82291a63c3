"""Cameras: a real one, a film played in its own time, and a made-up one; always the newest frame, never a queue."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np

from impasto.errors import VideoError
from impasto.image.levels import Pixels
from impasto.video.reading import FilmReader

__all__ = ["SYNTHETIC", "Newest", "Shot", "open_camera", "synthetic_frame"]

T = TypeVar("T")
SYNTHETIC = "synthetic"
SYNTHETIC_RATE = 60.0
PATIENCE = 3.0  # seconds without a frame after which a camera has gone


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame, uint8 h×w×3, and when it was taken or painted from one taken then (``time.perf_counter``)."""

    pixels: Pixels
    taken: float


class Newest(Generic[T]):
    """Iterates in a thread of its own and keeps only the newest item.

    Attributes:
        made: items so far.
        dropped: those that nobody took in time.
    """

    def __init__(self, items: Generator[T, None, None]) -> None:
        self.made = self.dropped = 0
        self._items = items
        self._item: T | None = None
        self._error: BaseException | None = None
        self._over = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._make, daemon=True)
        self._thread.start()

    def take(self, timeout: float | None = None) -> T | None:
        """The newest item that was not taken yet, waiting for it; ``None`` when there is no more, or none in time.

        Raises:
            Whatever ended the iteration.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._over, timeout)
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item

    @property
    def over(self) -> bool:
        """Nothing will come any more."""
        with self._changed:
            return self._over and self._item is None

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join()

    def _make(self) -> None:
        try:
            with contextlib.closing(self._items):
                for item in self._items:
                    with self._changed:
                        if self._over:
                            return
                        self.made += 1
                        self.dropped += self._item is not None
                        self._item = item
                        self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - raised where items are taken
            self._error = error
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()


def open_camera(source: str, *, loop: bool = False) -> Generator[Shot, None, None]:
    """The frames of a camera as they come.

    Args:
        source: the number of a camera, a film's path or URL, which is played in its own time, or ``synthetic``.
        loop: begin a film again when it ends.

    Raises:
        VideoError: there is no such camera or film; while iterating: it was unplugged.
    """
    if source == SYNTHETIC:
        return _synthetic()
    if source.isdecimal():
        return _camera(int(source), _opened(int(source)))
    return _played(FilmReader(source), loop=loop)


def synthetic_frame(seconds: float, height: int = 480, width: int = 640) -> Pixels:
    """A made-up picture that moves, uint8 h×w×3."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    planes = [np.sin((x * a + y * b) / 23 + seconds * c) for a, b, c in ((1, 0.3, 2), (0.4, 1, -1.5), (-0.7, 0.8, 1))]
    frame = np.stack(planes, axis=-1) * 90 + 127
    place = round(width / 2 + width / 3 * np.sin(seconds)), round(height / 2 + height / 4 * np.cos(1.3 * seconds))
    frame[(x - place[0]) ** 2 + (y - place[1]) ** 2 < (height / 8) ** 2] = (230, 60, 40)
    return frame.astype(np.uint8)


def _synthetic() -> Generator[Shot, None, None]:
    begin = time.perf_counter()
    # Drawing a frame costs more than painting one should leave: a second of them is drawn beforehand.
    frames = [synthetic_frame(index / SYNTHETIC_RATE) for index in range(int(SYNTHETIC_RATE))]
    for index, due in _ticks(SYNTHETIC_RATE, begin):
        yield Shot(frames[index % len(frames)], due)


def _ticks(rate: float, begin: float) -> Iterator[tuple[int, float]]:
    index = 0
    while True:
        due = begin + index / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        now = time.perf_counter()
        yield index, now
        index = max(index + 1, int((now - begin) * rate))


def _opened(number: int) -> cv2.VideoCapture:
    with _quiet():
        capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        capture.release()
        raise VideoError(f"there is no camera {number}, or another program uses it; give another number, or a film")
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # a buffered frame is an old frame
    return capture


def _camera(number: int, capture: cv2.VideoCapture) -> Generator[Shot, None, None]:
    last = time.perf_counter()
    try:
        while True:
            got, frame = capture.read()
            now = time.perf_counter()
            if got:
                last = now
                yield Shot(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8), now)
            elif now - last > PATIENCE:
                raise VideoError(f"the camera {number} gives no more pictures; was it unplugged?")
            else:
                time.sleep(0.01)
    finally:
        capture.release()


def _played(reader: FilmReader, *, loop: bool) -> Generator[Shot, None, None]:
    with reader:
        while True:
            begin = time.perf_counter()
            for frame in reader.frames():
                time.sleep(max(0.0, begin + frame.time - time.perf_counter()))
                yield Shot(frame.pixels, time.perf_counter())
            if not loop:
                return


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV tells on standard error of every camera that it does not find."""
    level: Callable[[], int] = cv2.utils.logging.getLogLevel
    before = level()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)
