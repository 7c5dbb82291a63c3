"""Paint with your own model: python own_model.py folder/ photo.jpg painting.jpg out.jpg (from impasto export)."""

from __future__ import annotations

import sys

from impasto import ImpastoError, Stylizer, write_picture

model, photo, style, target = sys.argv[1:]
try:
    with Stylizer.load(model, precision="fp32") as stylizer:
        print(stylizer.manifest.name, "on", stylizer.engine.name)
        write_picture(target, stylizer.stylize(photo, style), overwrite=True)
except ImpastoError as error:  # the root of all of Impasto's errors
    sys.exit(str(error))
