"""The page's files: with the right types, caching, and compressed where a ``.gz`` lies beside them.

A large file may be there only as ``NAME.gz``; it is sent so to whoever takes gzip, which is every browser.
"""

from __future__ import annotations

import gzip
from pathlib import Path, PurePosixPath

from fastapi import Response

from impasto.serve.errors import Refused

__all__ = ["StaticFiles"]

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
REVALIDATED = "no-cache"  # asked for again every time, and answered with 304 unless it has changed
LASTING = "private, max-age=604800"  # what is large changes only with a release
LASTING_TYPES = (".wasm", ".woff2", ".onnx")


class StaticFiles:
    """The files below a folder, listed once: what is not in the list is not there, whatever a path says."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {one.relative_to(folder).as_posix(): one for one in folder.rglob("*") if one.is_file()}

    def answer(self, path: str, accepted: str, known: str | None) -> Response:
        """A file, compressed if it can be.

        Args:
            path: relative to the folder, with forward slashes.
            accepted: the request's Accept-Encoding.
            known: its If-None-Match.

        Raises:
            Refused: there is no such file.
        """
        suffix = PurePosixPath(path).suffix
        plain, packed = self._files.get(path), self._files.get(f"{path}.gz")
        file = packed or plain
        if file is None or suffix not in TYPES:
            raise Refused(404, "there is no such file")
        takes_gzip = packed is not None and "gzip" in accepted
        if not takes_gzip and plain is not None:
            file = plain
        facts = file.stat()
        tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}{"" if takes_gzip else "-plain"}"'
        headers = {
            "ETag": tag,
            "Cache-Control": LASTING if suffix in LASTING_TYPES else REVALIDATED,
            "Vary": "Accept-Encoding",
        }
        if known is not None and tag in known:
            return Response(status_code=304, headers=headers)
        data = file.read_bytes()
        if takes_gzip:
            headers["Content-Encoding"] = "gzip"
        elif file is packed:
            data = gzip.decompress(data)
        return Response(data, media_type=TYPES[suffix], headers=headers)
