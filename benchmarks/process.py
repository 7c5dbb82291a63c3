"""Runs one command and prints the seconds it took and the megabytes it held at most.

A small process of its own, because a child's peak begins with what its parent held when it was started. Linux, macOS.
"""

from __future__ import annotations

import json
import os
import sys
import time

BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024

started = time.perf_counter()
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, usage = os.wait4(process, 0)
facts = {
    "seconds": time.perf_counter() - started,
    "megabytes": usage.ru_maxrss * BYTES_PER_UNIT / 1e6,
    "code": os.waitstatus_to_exitcode(status),
}
print(json.dumps(facts))
