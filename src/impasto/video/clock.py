"""One clock for a whole recording, also where recordings were joined end to end and their time stamps begin again."""

from __future__ import annotations

import contextlib
import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

__all__ = ["Clock", "address", "open_film"]

JOINABLE = ("mpegts", "mpeg")  # files of these, written one after the other, are a file again
BACK, AHEAD = Fraction(1, 2), Fraction(10)  # seconds by which time stamps leap where another recording begins
WINDOW = 512  # packets; they come nearly in the order of their places in the file


class Clock:
    """What is to be added to time stamps, by the place in the file, so that they go on where they would begin again.

    Args:
        path: of a film.
        container: the name of its format.

    Attributes:
        duration: of the whole in seconds, if it is joined.
    """

    def __init__(self, path: str | Path, container: str) -> None:
        self._places: list[int] = []
        self._added: list[Fraction] = []
        self.duration: float | None = None
        if container in JOINABLE and Path(path).is_file():
            with contextlib.suppress(av.FFmpegError, OSError, ValueError), open_film(path) as film:
                self._find(film)

    @property
    def joined(self) -> bool:
        """Whether there is anything to add; such a film cannot be sought in by time."""
        return bool(self._places)

    def packets(self, container: Any, stream: Any, place: int = 0) -> Iterator[Any]:
        """A stream's packets on this clock, from ``place`` in its time base or before, to its end or the damage."""
        if place > 0 and not self.joined:
            with contextlib.suppress(av.FFmpegError):
                container.seek(place, stream=stream)
        with contextlib.suppress(av.FFmpegError, OSError):
            yield from self.adjusted(container.demux(stream))

    def adjusted(self, packets: Iterable[Any]) -> Iterator[Any]:
        """The packets of one stream, from the file's begin, on this clock."""
        added = Fraction(0)
        for packet in packets:
            if self._places and packet.time_base:
                # Of several in one place only the first says where it is.
                if packet.pos is not None and packet.pos >= 0:
                    number = bisect_right(self._places, packet.pos)
                    added = self._added[number - 1] if number else Fraction(0)
                units = round(added / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts + units
                packet.dts = None if packet.dts is None else packet.dts + units
            yield packet

    def _find(self, container: Any) -> None:
        """Look at all packets in the order of their places."""
        before: dict[int, Fraction] = {}
        added, end, begin = Fraction(0), Fraction(0), None
        for place, index, time, length in _by_place(container):
            now = time + added
            last = before.get(index)
            if last is not None and not -BACK <= now - last <= AHEAD:
                added = end - time
                self._places.append(place)
                self._added.append(added)
                # What other streams still have of the recording before comes out with this one's.
                before = {}
                now = end
            before[index] = now
            begin = now if begin is None else min(begin, now)
            end = max(end, now + length)
        if self.joined and begin is not None:
            self.duration = float(end - begin)


def _by_place(container: Any) -> Iterator[tuple[int, int, Fraction, Fraction]]:
    waiting: list[tuple[int, int, Fraction, Fraction]] = []
    for packet in container.demux():
        time = packet.dts if packet.dts is not None else packet.pts
        if time is None or packet.pos is None or packet.pos < 0 or not packet.time_base:
            continue
        unit = packet.time_base
        heapq.heappush(waiting, (packet.pos, packet.stream_index, time * unit, (packet.duration or 0) * unit))
        if len(waiting) > WINDOW:
            yield heapq.heappop(waiting)
    while waiting:
        yield heapq.heappop(waiting)


def open_film(path: str | Path) -> Any:
    """A film's container, to be read."""
    return av.open(address(path), metadata_errors="replace")


def address(path: str | Path) -> str:
    """What FFmpeg's libraries take for this very file: in its name a colon is no protocol."""
    return str(path) if "://" in str(path) and not isinstance(path, Path) else f"file:{path}"
