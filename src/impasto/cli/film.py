"""A film of pictures, mp4: the way of a painting from its first picture to its last."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.cli.extras import needs_extra
from impasto.errors import ImageError
from impasto.files import move_into_place
from impasto.image.resize import resize

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Film"]

FRAMES_PER_SECOND = 25
QUALITY = "18"  # x264's constant rate factor: hard to tell from the original


class Film:
    """Writes frames to an H.264 file; a context manager. The file appears when the block ends, whole.

    Args:
        path: ends in ``.mp4``.
        height, width: of the film, made even; frames of other sizes are resized.
        overwrite: replace an existing file.

    Raises:
        MissingExtra: PyAV is not installed.
        ImageError: the file cannot be written; :meth:`add` too.
    """

    def __init__(self, path: Path, height: int, width: int, *, overwrite: bool) -> None:
        with needs_extra("video", "a film"):
            import av
        self._path, self._overwrite = path, overwrite
        self._beside = Path(os.path.realpath(path)).with_name(f".impasto-{uuid.uuid4().hex[:12]}.part.mp4")
        self._height, self._width = max(2, height - height % 2), max(2, width - width % 2)
        self._frame_of = av.VideoFrame.from_ndarray
        try:
            self._container = av.open(f"file:{self._beside}", "w")
        except OSError as error:
            raise self._failed(error) from error
        self._stream = self._container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": QUALITY})
        self._stream.width, self._stream.height, self._stream.pix_fmt = self._width, self._height, "yuv420p"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            if kind is None:
                move_into_place(self._beside, self._path, overwrite=self._overwrite)
        except OSError as problem:
            if kind is None:
                raise self._failed(problem) from problem
        finally:
            with contextlib.suppress(OSError):
                self._beside.unlink()

    def add(self, picture: NDArray[np.uint8]) -> None:
        """The next frame, uint8 h×w×3."""
        frame = self._frame_of(np.ascontiguousarray(resize(picture, self._height, self._width)), format="rgb24")
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> ImageError:
        return ImageError(f"cannot write {self._path}: {error.strerror or error}")
