"""Where live pastiches go besides a window: a film, JPEGs for a browser, or a camera of other programs."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2

from impasto.errors import OutputExists, UsageError, VideoError
from impasto.files import check_target
from impasto.image.levels import Pixels
from impasto.video.encoding import PieceWriter, codec_for
from impasto.video.joining import join
from impasto.video.pieces import Piece

__all__ = ["JpegStream", "Recorder", "VirtualCamera"]

CLOCK = Fraction(1, 90_000)
USUAL_RATE = Fraction(30)
JPEG_QUALITY = 85
BOUNDARY = b"frame"


class Recorder:
    """Writes pastiches to a film with the times at which they came; the film appears when it is closed.

    Should it not be possible to write it then, what was recorded is kept beside it, and the error names the file.

    Args:
        overwrite: replace an existing file.

    Raises:
        VideoError, UsageError: it cannot be written.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        check_target(path, overwrite=overwrite)
        self._path, self._overwrite = path, overwrite
        self._codec = codec_for(path, "auto")
        self._beside = path.with_name(f".impasto-{uuid.uuid4().hex[:12]}.recording.mp4")
        self._writer: PieceWriter | None = None
        self._pts: list[int] = []
        self._shape: tuple[int, ...] = ()
        self._begin = 0.0

    def add(self, pixels: Pixels) -> None:
        """One pastiche, uint8 h×w×3, all of one size."""
        now = time.perf_counter()
        if self._writer is None:
            height, width = pixels.shape[:2]
            self._begin, self._shape = now, pixels.shape
            self._writer = PieceWriter(
                self._beside, height, width, self._codec, time_base=CLOCK, rate=USUAL_RATE, preset=None
            )
        pts = round((now - self._begin) / CLOCK)
        if pixels.shape == self._shape and (not self._pts or pts > self._pts[-1]):
            self._writer.add(pixels, pts)
            self._pts = [*self._pts[:1], pts]

    def close(self) -> None:
        """Finish the film."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        piece = Piece(self._beside.name, self._pts[0], self._pts[-1], len(self._pts))
        try:
            join(self._path, [(self._beside, piece)], None, CLOCK, overwrite=self._overwrite)
        except (VideoError, OutputExists) as error:
            raise VideoError(f"{error}; what was recorded is in {self._beside}") from None
        self._beside.unlink()


class JpegStream:
    """Shows pastiches to browsers on this machine: http://127.0.0.1:PORT/ (motion JPEG).

    Args:
        port: 0 takes a free one; see :attr:`port`.

    Raises:
        VideoError: the port is in use.
    """

    def __init__(self, port: int) -> None:
        self._changed = threading.Condition()
        self._jpeg: bytes | None = None
        self._number = 0
        self._closed = False
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stream._serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except (OSError, OverflowError) as error:
            raise VideoError(f"cannot stream on port {port}: {error}") from None
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, pixels: Pixels) -> None:
        """One pastiche, uint8 h×w×3."""
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
        with self._changed:
            self._jpeg, self._number = jpeg, self._number + 1
            self._changed.notify_all()

    def close(self) -> None:
        """End the stream for all who watch."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")
        handler.send_header("Cache-Control", "no-store")
        handler.end_headers()
        number = 0
        with contextlib.suppress(OSError):  # whoever watched has gone
            while True:
                with self._changed:
                    while self._number == number and not self._closed:
                        self._changed.wait()
                    if self._closed or self._jpeg is None:
                        return
                    jpeg, number = self._jpeg, self._number
                head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(jpeg))
                handler.wfile.write(head + jpeg + b"\r\n")


class VirtualCamera:
    """Gives pastiches to other programs as a camera's pictures, through pyvirtualcam.

    Raises:
        UsageError: pyvirtualcam is not installed.
        VideoError: there is no driver for it.
    """

    def __init__(self) -> None:
        try:
            import pyvirtualcam
        except ImportError:
            raise UsageError("a virtual camera needs pyvirtualcam; run: pip install pyvirtualcam") from None
        self._make = pyvirtualcam.Camera
        self._camera: Any = None

    def add(self, pixels: Pixels) -> None:
        """One pastiche, uint8 h×w×3."""
        if self._camera is None:
            height, width = pixels.shape[:2]
            try:
                self._camera = self._make(width, height, float(USUAL_RATE))
            except RuntimeError as error:
                raise VideoError(f"there is no virtual camera to write to: {error}") from None
        self._camera.send(pixels)

    def close(self) -> None:
        """Let the camera go."""
        if self._camera is not None:
            self._camera.close()
