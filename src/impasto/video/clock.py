"""One clock for a whole recording, also where recordings were joined end to end and their time stamps begin again."""

from __future__ import annotations

import contextlib
import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
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
        """Look at all packets in the order of their places, recording by recording."""
        begins: dict[int, Fraction] = {}  # of each stream, in this recording
        ends: dict[int, Fraction] = {}
        lasts: dict[int, Fraction] = {}
        steps: dict[int, Fraction] = {}
        recordings = [(0, begins, ends)]
        for place, index, time, length in _by_place(container):
            last = lasts.get(index)
            if last is not None and not -BACK <= time - last <= AHEAD:
                begins, ends, lasts = {}, {}, {}
                recordings.append((place, begins, ends))
            elif last is not None and time > last:
                steps[index] = time - last
            lasts[index] = time
            begins.setdefault(index, time)
            ends[index] = max(ends.get(index, time), time + (length or steps.get(index, Fraction(0))))
        added = Fraction(0)
        for (_, _, ended), (place, begun, _) in pairwise(recordings):
            # No stream begins again before it has ended.
            gaps = [ended[index] - begun[index] for index in begun.keys() & ended.keys()]
            added += max(gaps, default=max(ended.values()) - min(begun.values()))
            self._places.append(place)
            self._added.append(added)
        if self.joined:
            self.duration = float(added + max(recordings[-1][2].values()) - min(recordings[0][1].values()))


def _by_place(container: Any) -> Iterator[tuple[int, int, Fraction, Fraction]]:
    """Place, stream, time and length of all packets. Of several in one place only the first says where it is."""
    waiting: list[tuple[int, int, int, Fraction, Fraction]] = []
    places: dict[int, int] = {}
    for number, packet in enumerate(container.demux()):
        time = packet.dts if packet.dts is not None else packet.pts
        if time is None or not packet.time_base:
            continue
        index, unit = packet.stream_index, packet.time_base
        if packet.pos is not None and packet.pos >= 0:
            places[index] = packet.pos
        found = (places.get(index, 0), number, index, time * unit, (packet.duration or 0) * unit)
        heapq.heappush(waiting, found)
        if len(waiting) > WINDOW:
            yield _without_number(heapq.heappop(waiting))
    while waiting:
        yield _without_number(heapq.heappop(waiting))


def _without_number(found: tuple[int, int, int, Fraction, Fraction]) -> tuple[int, int, Fraction, Fraction]:
    place, _, index, time, length = found
    return place, index, time, length


def open_film(path: str | Path) -> Any:
    """A film's container, to be read."""
    return av.open(address(path), metadata_errors="replace")


def address(path: str | Path) -> str:
    """What FFmpeg's libraries take for this very file: in its name a colon is no protocol."""
    return str(path) if "://" in str(path) and not isinstance(path, Path) else f"file:{path}"
