"""Paint one photo: python paint.py photo.jpg starry-night painted.jpg (a preset, a picture or a saved style)."""

from __future__ import annotations

import sys

from impasto import Stylizer, read_picture, write_picture

photo, style, target = sys.argv[1:]
picture = read_picture(photo)
with Stylizer.load() as stylizer:
    pastiche = stylizer.stylize(picture, style)
write_picture(target, pastiche, exif=picture.exif, dpi=picture.dpi, overwrite=True)
