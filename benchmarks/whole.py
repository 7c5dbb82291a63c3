"""Whole processes, from the command to the file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

RUNNER = Path(__file__).with_name("process.py")


def run_whole(command: Iterable[object], target: Path) -> dict[str, float]:
    """Run a command that writes ``target``, given to it with ``-o``; its seconds and its megabytes at most.

    Raises:
        RuntimeError: it failed, or wrote no file.
    """
    words = [str(word) for word in (*command, "-o", target)]
    done = subprocess.run([sys.executable, "-I", str(RUNNER), *words], stdout=subprocess.PIPE, text=True, check=True)
    facts: dict[str, float] = json.loads(done.stdout)
    if facts["code"] != 0 or not target.is_file():
        raise RuntimeError(f"{' '.join(words)} ended with code {facts['code']}")
    return facts
