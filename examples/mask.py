"""Paint a region in another style: python mask.py photo.jpg udnie mask.png starry-night out.jpg."""

# The mask is white where the second style goes.
from __future__ import annotations

import sys

from impasto import Stylizer, compose, read_picture, write_picture

photo, style, mask, inside, target = sys.argv[1:]
white = read_picture(mask).pixels[..., 0] / 255  # 0 outside to 1 inside
with Stylizer.load() as stylizer:
    pastiche = compose(stylizer, photo, style, regions=[(white, inside)], feather=8)
write_picture(target, pastiche, overwrite=True)
