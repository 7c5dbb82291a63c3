"""What ``make demo`` runs: paint the sample photo in six presets and in one picture's style, on one contact sheet."""

from __future__ import annotations

import time
from pathlib import Path

from impasto import Stylizer
from impasto.image.io import read_picture, write_picture
from impasto.image.sheet import contact_sheet

PICTURES = Path(__file__).parent / "pictures"
OUTPUT = Path("demo-output")
PRESETS = ("starry-night", "great-wave", "the-scream", "composition-vii", "water-lilies", "red-chalk-portrait")


def main() -> None:
    """Paint, write the pictures and say where they are."""
    OUTPUT.mkdir(exist_ok=True)
    photo = read_picture(PICTURES / "astronaut.jpg").pixels
    artwork = read_picture(PICTURES / "strokes.jpg").pixels
    began = time.perf_counter()
    stylizer = Stylizer.load()
    print(f"Loaded the default model on {stylizer.engine.name} in {time.perf_counter() - began:.2f} s.")
    cells = [("the photo", photo)]
    for name, style in [*((preset, preset) for preset in PRESETS), ("a picture of yours", artwork)]:
        began = time.perf_counter()
        pastiche = stylizer.stylize(photo, style)
        print(f"  {name}: {photo.shape[1]}×{photo.shape[0]} px in {1000 * (time.perf_counter() - began):.0f} ms")
        file = OUTPUT / f"astronaut-{name.replace(' ', '-')}.jpg"
        write_picture(file, pastiche, overwrite=True)
        cells.append((name, pastiche))
    sheet = OUTPUT / "sheet.jpg"
    write_picture(sheet, contact_sheet(cells, columns=4), overwrite=True)
    print(f"The contact sheet is {sheet.resolve()}, the pictures are beside it.")


if __name__ == "__main__":
    main()
