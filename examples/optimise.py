"""Paint by optimisation: python optimise.py photo.jpg painting.jpg out.jpg 200 (extra [train]; slow)."""

from __future__ import annotations

import sys

from impasto import write_picture
from impasto.optimize import OptimizeOptions, Painting

photo, style, target, steps = sys.argv[1:]
painting = Painting(photo, [style], OptimizeOptions(size=256, steps=int(steps)))
for iterate in painting.iterates():
    print(iterate.step, round(iterate.objective, 4))
write_picture(target, painting.picture, overwrite=True)
