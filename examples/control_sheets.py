"""Draw the sheets of ``docs/color.md``, ``docs/masks.md`` and ``docs/strokes.md``: what each way of control looks like.

Their photos are scikit-image's (``pip install scikit-image``), their styles presets and ``pictures/strokes.jpg``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data

from impasto import LookOptions, Stylizer, compose, read_picture, write_picture
from impasto.image.resize import resize
from impasto.image.sheet import contact_sheet, labelled_grid

Pixels = NDArray[np.uint8]
HERE = Path(__file__).parent
SHEETS = HERE.parent / "docs" / "pictures"
MODES = ("photo-luminance", "photo-histogram", "photo-linear", "photo-hue")


def color(stylizer: Stylizer) -> Pixels:
    """Every ``--color``, after painting and before."""
    looks = [("style", LookOptions())]
    looks += [(mode.removeprefix("photo-"), LookOptions(color=mode)) for mode in MODES]
    looks += [
        (f"{mode.removeprefix('photo-')}, before", LookOptions(color=mode, color_when="before")) for mode in MODES[:3]
    ]
    strokes = read_picture(HERE / "pictures" / "strokes.jpg").pixels
    rows = [("the-scream", data.astronaut(), "the-scream"), ("great-wave", data.coffee(), "great-wave")]
    rows.append(("a picture", data.astronaut(), strokes))
    painted = [[compose(stylizer, photo, style, look=look) for _, look in looks] for _, photo, style in rows]
    return labelled_grid([name for name, _, _ in rows], [name for name, _ in looks], painted, side=176)


def adjusted(stylizer: Stylizer) -> Pixels:
    """Saturation, brightness and the palette of another style."""
    photo = data.astronaut()
    cells = [("--style the-scream", compose(stylizer, photo, "the-scream"))]
    for name, values in (("saturation", (0.0, 0.5, 1.5)), ("brightness", (0.6, 1.6))):
        cells += [
            (f"--{name} {value:g}", compose(stylizer, photo, "the-scream", look=LookOptions(**{name: value})))
            for value in values
        ]
    cells.append(("--palette starry-night", compose(stylizer, photo, "the-scream", palette="starry-night")))
    return contact_sheet(cells, columns=7, side=220)


def masks(stylizer: Stylizer) -> Pixels:
    """Regions and local strength."""
    photo = data.astronaut()
    image = Image.new("L", (512, 512))
    draw = ImageDraw.Draw(image)
    draw.ellipse((155, 5, 295, 195), fill=255)
    draw.polygon([(20, 512), (40, 250), (150, 180), (300, 180), (400, 270), (450, 512)], fill=255)
    mask = np.asarray(image)
    ramp = np.tile(np.linspace(0, 1, 512, dtype=np.float32), (512, 1))
    cells = [
        ("mask.png", np.repeat(mask[..., None], 3, axis=2)),
        ("--mask mask.png=udnie", compose(stylizer, photo, regions=[(mask, "udnie")], feather=2)),
        ("... --style the-scream", compose(stylizer, photo, "the-scream", regions=[(mask, "great-wave")], feather=2)),
        ("... --feather 40", compose(stylizer, photo, "the-scream", regions=[(mask, "great-wave")], feather=40)),
        ("--strength-map ramp.png", compose(stylizer, photo, "the-scream", strength_map=ramp)),
    ]
    return contact_sheet(cells, columns=5, side=300)


def strokes(stylizer: Stylizer) -> Pixels:
    """Scales of strokes on one picture, and one scale on pictures of several sizes."""
    photo = data.astronaut()
    rows, scales = [], (0.5, 1, 1.5, 2)
    for style in ("udnie", "composition-vii"):
        row = [compose(stylizer, photo, style, look=LookOptions(stroke=scale)) for scale in scales]
        large = resize(photo, 2048, 2048)
        row += [resize(compose(stylizer, large, style, look=LookOptions(stroke=scale)), 512, 512) for scale in (1, 4)]
        rows.append(row)
    columns = [f"512 px, --stroke {scale:g}" for scale in scales] + ["2048 px", "2048 px, --stroke 4"]
    return labelled_grid(["udnie", "composition-vii"], columns, rows, side=240)


def main() -> None:
    """Draw and write them."""
    stylizer = Stylizer.load()
    for draw in (color, adjusted, masks, strokes):
        write_picture(SHEETS / f"{draw.__name__}.jpg", draw(stylizer), quality=78, overwrite=True)


if __name__ == "__main__":
    main()
