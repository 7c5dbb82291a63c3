"""A studio in a process of its own, started as users start it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def studio(painters: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address, ending in a slash, and the process; in the end it is interrupted, and has its exit code."""
    command = [sys.executable, "-m", "impasto", "studio", "--no-browser", "--port", "0", "--painters", str(painters)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        if found is None:
            raise RuntimeError("the studio did not start")
        yield found[0], server
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
