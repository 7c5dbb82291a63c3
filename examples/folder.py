"""Paint a folder, several photos at a time: python folder.py photos/ great-wave painted/."""

from __future__ import annotations

import sys
from pathlib import Path

from impasto import LookOptions, paint_files

photos, style, target = sys.argv[1:]
found = sorted(Path(photos).glob("*.jpg"))
for outcome in paint_files(found, target, style, look=LookOptions(strength=0.9), skip_existing=True):
    print(outcome.job.source, "->", outcome.job.target, outcome.status, outcome.error or "")
