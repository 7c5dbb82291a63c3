"""Serving the application with uvicorn: one process, or several that share a port and a folder."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from impasto.errors import UsageError
from impasto.serve.app import create_app, environment_of
from impasto.serve.kept_folder import take_folder
from impasto.serve.metrics import SHARED
from impasto.serve.options import StudioOptions
from impasto.serve.timed_http import TimedHttp

__all__ = ["Launch"]

BACKLOG = 256
MOST_CONNECTIONS = 1024
GRACE = 15  # seconds that open requests are given to end
FRAME_BYTES = 8 * 2**20


class Launch:
    """A server that is about to run.

    Attributes:
        options: as given, with the token and the port that were chosen.
        address: what to open in a browser.

    Raises:
        UsageError: the address cannot be listened at.
        ImpastoError: the model cannot be found.
    """

    def __init__(self, options: StudioOptions) -> None:
        if options.demands_token and options.token is None:
            options = replace(options, token=secrets.token_urlsafe(24))
        self._socket = _listening(options.host, options.port)
        self.options = replace(options, port=self._socket.getsockname()[1])
        if options.processes == 1:
            self._socket.listen(BACKLOG)  # whoever opens the address at once is answered a moment later
        self._folder, self._lasts = _folder_for(options, self.options)

    @property
    def address(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.options.host, self.options.host)  # noqa: S104 - compared
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        token = f"?token={self.options.token}" if self.options.demands_token else ""
        return f"http://{host}:{self.options.port}/{token}"

    def run(self, *, open_browser: bool = False) -> None:
        """Serve until SIGINT or SIGTERM."""
        if open_browser:
            threading.Thread(target=self._open_browser, daemon=True).start()
        # When all has ended uvicorn raises the signal again, and the folder is still to be deleted.
        before = signal.signal(signal.SIGTERM, _interrupt)
        try:
            if self.options.processes == 1:
                server = _Server(uvicorn.Config(create_app(self.options, self._folder), **self._details()))
                server.run(sockets=[self._socket])
            else:
                self._run_several()
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGTERM, before)
            self._socket.close()
            if not self._lasts:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _run_several(self) -> None:
        counters = self._folder / "counters"
        shutil.rmtree(counters, ignore_errors=True)  # of a server that was killed
        counters.mkdir()
        os.environ.update(environment_of(self.options, self._folder) | {SHARED: str(counters)})
        self._socket.close()  # each process takes it over from uvicorn's own
        uvicorn.run("impasto.serve.app:create_app", factory=True, workers=self.options.processes, **self._details())

    def _details(self) -> dict[str, Any]:
        return {
            "host": self.options.host,
            "port": self.options.port,
            "http": TimedHttp,
            "ws": "websockets-sansio",
            "ws_max_size": FRAME_BYTES,
            "ws_per_message_deflate": False,  # frames are compressed already
            "backlog": BACKLOG,
            "limit_concurrency": MOST_CONNECTIONS,
            "timeout_graceful_shutdown": GRACE,
            "proxy_headers": False,  # a header must not choose who a client is
            "server_header": False,
            "access_log": False,
            "log_level": "warning",
        }

    def _open_browser(self) -> None:
        probe = self.address.partition("?")[0] + "healthz"
        for _ in range(100):
            try:
                with urllib.request.urlopen(probe, timeout=1):  # noqa: S310 - our own address
                    webbrowser.open(self.address)
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)


class _Server(uvicorn.Server):
    """Ends in its own order, however often it is told to: nothing it waits for takes long."""

    def handle_exit(self, sig: int, frame: Any) -> None:  # noqa: ARG002 - uvicorn's signature
        self.should_exit = True


def _folder_for(asked: StudioOptions, chosen: StudioOptions) -> tuple[Path, bool]:
    """Where jobs and styles are kept, and whether that outlasts the server.

    Raises:
        UsageError: the folder that was asked for cannot be made.
    """
    if asked.folder is None:
        address = None if asked.port == 0 else f"{chosen.host}:{chosen.port}"
        return take_folder(address, 60 * chosen.keep_minutes), False
    folder = Path(asked.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"cannot keep jobs in {folder} ({error.strerror or error}); give another --folder") from None
    return folder, True


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        found = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name != "nt":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((host, port))
        except BaseException:
            found.close()
            raise
    except OSError as error:
        raise UsageError(
            f"cannot listen at {host}:{port} ({error.strerror or error}); give another --port, or 0 for a free one"
        ) from None
    found.set_inheritable(True)
    return found
