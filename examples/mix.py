"""Mix two styles in five steps: python mix.py photo.jpg great-wave painting.jpg mixed/."""

from __future__ import annotations

import sys
from pathlib import Path

from impasto import Stylizer, write_picture

photo, first, second, folder = sys.argv[1:]
Path(folder).mkdir(exist_ok=True)
with Stylizer.load() as stylizer:
    one, other = stylizer.resolve(first), stylizer.resolve(second)  # each style is looked at once
    for percent in (0, 25, 50, 75, 100):
        style = stylizer.mix([one, other], [100 - percent, percent])
        write_picture(Path(folder) / f"{percent}.jpg", stylizer.stylize(photo, style), overwrite=True)
