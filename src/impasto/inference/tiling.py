"""Where the parts of a picture lie that are measured and painted; see ``docs/tiles.md``."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from impasto.image.regions import Regions
from impasto.image.resize import padding
from impasto.inference.parts import Modulation, PartPainter

__all__ = ["MEASURED_WHOLE", "WINDOW", "Padded", "Part", "Span", "paint_in_parts", "parts_to_measure", "spans"]

WINDOW = 1536  # the longest side of what is painted at once, in pixels
MEASURED_WHOLE = 2048 * 2048  # pixels up to which a picture is measured as a whole, and sampled of a larger one
SAMPLE = 256  # side of a sample
MARGIN = 32  # of a sample that does not count


class Span(NamedTuple):
    """Along one side, in pixels: a window's start and length, and from where to where its pastiche is used."""

    start: int
    length: int
    first: int
    last: int


class Part(NamedTuple):
    """A part of a pastiche (h w 3), where in the picture it belongs, its number, and how many there are."""

    rows: slice
    columns: slice
    pixels: NDArray[Any]
    number: int
    total: int


class Padded:
    """A picture padded by reflection to what a network takes, as :func:`impasto.image.resize.pad_to_multiple` does it.

    Args:
        picture: h×w×3.
        multiple, minimum: as there.

    Attributes:
        shape: height and width with the padding.
    """

    def __init__(self, picture: Regions, multiple: int, minimum: int) -> None:
        self._picture = picture
        self._sides = picture.shape[:2]
        pads = [padding(side, multiple, minimum) for side in self._sides]
        self._before = [before for before, _ in pads]
        self.shape = tuple(side + before + after for side, (before, after) in zip(self._sides, pads, strict=True))

    def read(self, starts: Sequence[int], lengths: Sequence[int]) -> NDArray[Any]:
        """The region of the padded picture (h w 3) that begins at a row and column and is so high and wide."""
        inside, missing = [], []
        for start, length, before, side in zip(starts, lengths, self._before, self._sides, strict=True):
            first, last = start - before, start - before + length
            inside.append(slice(max(first, 0), min(last, side)))
            missing.append((max(-first, 0), max(last - side, 0)))
        region = self._picture[inside[0], inside[1]]
        return np.pad(region, [*missing, (0, 0)], mode="reflect") if np.any(missing) else region

    def used(self, span: Span, axis: int) -> tuple[slice, slice]:
        """What is used of a window, without the padding: in the picture, and in the window itself."""
        before, side = self._before[axis], self._sides[axis]
        first, last = max(span.first - before, 0), min(span.last - before, side)
        shift = before - span.start
        return slice(first, last), slice(first + shift, last + shift)


def spans(side: int, window: int, halo: int, multiple: int) -> list[Span]:
    """Cut a side into windows of one length that overlap by two halos at least, as few and then as short as can be.

    Args:
        side: pixels, a multiple of ``multiple``.
        window: the longest that a window may be, a multiple as well, and longer than two halos.
        halo: pixels at a cut that are of no use.
        multiple: what the windows' starts and lengths are multiples of.
    """
    count = math.ceil((side - 2 * halo) / (window - 2 * halo - multiple))
    if count <= 1 or side <= window:
        return [Span(0, side, 0, side)]
    # The multiple on top makes up for rounding the starts.
    length = _up((side - 2 * halo) / count + 2 * halo + multiple, multiple)
    starts = [round(index * (side - length) / (count - 1) / multiple) * multiple for index in range(count)]
    cuts = [(one + length + other) // 2 for one, other in pairwise(starts)]
    return [Span(start, length, *used) for start, *used in zip(starts, [0, *cuts], [*cuts, side], strict=True)]


def parts_to_measure(picture: Padded, multiple: int) -> tuple[NDArray[Any], list[tuple[int, int]], int]:
    """The parts on which a picture is measured (n h w 3), their places, and the margin that does not count.

    A picture up to :data:`MEASURED_WHOLE` is its own only part. Of a larger one they are samples at full resolution
    (the same picture made smaller has other statistics), spread evenly over all of it.
    """
    height, width = picture.shape
    if height * width <= MEASURED_WHOLE:
        return picture.read((0, 0), (height, width))[None], [(0, 0)], 0
    count = MEASURED_WHOLE // SAMPLE**2
    rows = min(count, max(1, round(math.sqrt(count * height / width))))
    size = [min(SAMPLE, height), min(SAMPLE, width)]
    tops, lefts = _spread(height, rows, size[0], multiple), _spread(width, count // rows, size[1], multiple)
    places = list(itertools.product(tops, lefts))
    return np.stack([picture.read(place, size) for place in places]), places, min(MARGIN, min(size) // 4)


def paint_in_parts(
    picture: Padded, painter: PartPainter, modulation: Modulation, *, halo: int, multiple: int, window: int = WINDOW
) -> Iterator[Part]:
    """Paint a picture window by window: the parts of its pastiche, row by row from the top."""
    rows, columns = (spans(side, window, halo, multiple) for side in picture.shape)
    for number, (row, column) in enumerate(itertools.product(rows, columns), 1):
        place = row.start, column.start
        pastiche = painter.paint(picture.read(place, (row.length, column.length)), modulation, place)
        (top, used_rows), (left, used_columns) = picture.used(row, 0), picture.used(column, 1)
        yield Part(top, left, pastiche[used_rows, used_columns], number, len(rows) * len(columns))


def _spread(side: int, count: int, length: int, multiple: int) -> list[int]:
    """Starts of so many pieces, each in the middle of its share of the side."""
    middles = ((index + 0.5) * side / count for index in range(count))
    return [min(max(round((middle - length / 2) / multiple), 0) * multiple, side - length) for middle in middles]


def _up(value: float, multiple: int) -> int:
    return math.ceil(value / multiple) * multiple
