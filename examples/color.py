"""Keep the photo's colours, in four ways: python color.py photo.jpg great-wave colors/."""

from __future__ import annotations

import sys
from pathlib import Path

from impasto import LookOptions, Stylizer, compose, write_picture

photo, style, folder = sys.argv[1:]
Path(folder).mkdir(exist_ok=True)
with Stylizer.load() as stylizer:
    code = stylizer.resolve(style)
    for color in ("photo-luminance", "photo-histogram", "photo-linear", "photo-hue"):
        pastiche = compose(stylizer, photo, code, look=LookOptions(color=color))
        write_picture(Path(folder) / f"{color}.jpg", pastiche, overwrite=True)
