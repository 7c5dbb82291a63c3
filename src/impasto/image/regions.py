"""Pictures of which only a region at a time need be in memory."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.image.levels import quantized

__all__ = ["Enlarged", "RawPicture", "Regions"]

Slices = tuple[slice, slice]


class Regions(Protocol):
    """A picture, h×w×3, that gives any region of rows and columns as an array; an array is one itself."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __getitem__(self, region: Slices, /) -> NDArray[Any]: ...


class Enlarged:
    """A picture seen at a larger size, by Lanczos' windowed sinc; what is read of it is computed then.

    Args:
        pixels: h×w×3, uint8 or uint16.
        height, width: as which it is seen.
    """

    MARGIN = 4  # pixels of the picture itself that a sinc of three lobes looks at, and one more

    def __init__(self, pixels: Regions, height: int, width: int) -> None:
        self._pixels = pixels
        self.shape = (height, width, 3)
        self.dtype = pixels.dtype

    def __getitem__(self, region: Slices) -> NDArray[Any]:
        box, places, size = [], [], []
        for wanted, seen, own in zip(region, self.shape, self._pixels.shape, strict=False):
            first, last, step = wanted.indices(seen)
            assert step == 1, "an enlarged picture is read without gaps"
            scale = own / seen
            begin = max(0, math.floor(first * scale) - self.MARGIN)
            places.append(slice(begin, min(own, math.ceil(last * scale) + self.MARGIN)))
            box.append((first * scale - begin, last * scale - begin))
            size.append(max(0, last - first))
        part = self._pixels[places[0], places[1]]
        if 0 in size:
            return np.empty((*size, 3), self.dtype)
        (top, bottom), (left, right) = box
        options: dict[str, Any] = {
            "size": (size[1], size[0]),
            "resample": Image.Resampling.LANCZOS,
            "box": (left, top, right, bottom),
        }
        if self.dtype == np.uint8:
            return np.array(Image.fromarray(part).resize(**options))
        floats = [Image.fromarray(part[..., one].astype(np.float32)).resize(**options) for one in range(3)]
        return quantized(np.stack([np.asarray(one) for one in floats], axis=-1), self.dtype)


class RawPicture:
    """A picture as plain samples in a file, pixel by pixel and row by row: read and written by regions.

    Args:
        path: the file.
        shape: height, width and samples a pixel.
        dtype: uint8 or uint16, in this machine's byte order.
        offset: where in the file the samples begin, in bytes.
        channels: which of a pixel's samples are seen; all unless given. Only all of them can be written.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, int, int],
        dtype: np.dtype[Any],
        *,
        offset: int = 0,
        channels: slice = slice(None),
    ) -> None:
        self._path, self._stored, self._offset, self._channels = path, shape, offset, channels
        self.shape = (*shape[:2], len(range(shape[2])[channels]))
        self.dtype = dtype

    def select(self, channels: slice) -> RawPicture:
        """The same picture, of which some samples are seen."""
        return RawPicture(self._path, self._stored, self.dtype, offset=self._offset, channels=channels)

    def __getitem__(self, region: Slices) -> NDArray[Any]:
        # Mapped for the moment, so that what was read does not count as this process's memory for longer.
        mapped = np.memmap(self._path, self.dtype, "r", self._offset, self._stored)
        return np.array(mapped[(*region, self._channels)])

    def __setitem__(self, region: Slices, pixels: NDArray[Any]) -> None:
        # Written and not mapped: on a full disk a mapped file ends the process, where writing raises OSError.
        _, width, samples = self._stored
        pixel = samples * self.dtype.itemsize
        rows, columns = (one.indices(side) for one, side in zip(region, self._stored, strict=False))
        with self._path.open("r+b") as file:
            for row, values in zip(range(*rows), pixels, strict=True):
                file.seek(self._offset + (row * width + columns[0]) * pixel)
                file.write(np.ascontiguousarray(values, self.dtype).data)
