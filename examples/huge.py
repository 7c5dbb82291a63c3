"""Paint a picture for print, with the whole's strokes: python huge.py photo.jpg udnie poster.jpg 8000 (long side)."""

from __future__ import annotations

import sys

from impasto import LookOptions, Stylizer, compose, write_picture

photo, style, target, size = sys.argv[1:]
with Stylizer.load() as stylizer:
    pastiche = compose(stylizer, photo, style, look=LookOptions(size=int(size)))
write_picture(target, pastiche, dpi=(300, 300), overwrite=True)
