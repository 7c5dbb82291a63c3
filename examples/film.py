"""Paint a film with its sound: python film.py clip.mp4 starry-night painted.mp4 (extra [video])."""

from __future__ import annotations

import sys
from pathlib import Path

from impasto import Stylizer
from impasto.video.film import paint_film
from impasto.video.options import FilmOptions

source, style, target = sys.argv[1:]
with Stylizer.load() as stylizer:
    marks = [(0.0, stylizer.resolve(style))]  # seconds, and the style from there on
    for progress in paint_film(Path(source), Path(target), stylizer, marks, FilmOptions(style=(style,))):
        print(f"\r{progress.frames} frames", end="")
print()
