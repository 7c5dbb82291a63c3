"""docs/cli.md is what --help prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PRINT = "import runpy, sys; sys.stdout.buffer.write(runpy.run_path(sys.argv[1])['page']().encode())"


def test_the_page_of_the_command_line_is_what_help_prints():
    # In a process of its own: click keeps what other tests have it print.
    done = subprocess.run([sys.executable, "-c", PRINT, str(DOCS / "write_cli.py")], check=True, stdout=subprocess.PIPE)
    assert (DOCS / "cli.md").read_bytes() == done.stdout, "stale; run: python docs/write_cli.py"
