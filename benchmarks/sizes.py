"""The same picture at several sizes: does it look alike, how crisp is it, how long does it take, do parts fit?

    python benchmarks/sizes.py --photos DIR --content photo-of-12-megapixels.jpg

DIR holds photos of at least 2,000 pixels, which are painted in six presets at 2,048, 800 and 512 pixels, and shrunk to
512 to be compared. The photo of 12 megapixels is painted once with strokes of the picture and once with strokes of the
network's own pixels; nothing else may run meanwhile. Results go to benchmarks/results/sizes.json. Needs [train].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import time
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from machine import describe

from impasto import LookOptions, Stylizer, compose, read_picture
from impasto.image.oklab import to_oklab
from impasto.image.resize import fit_size, resize
from impasto.inference.style_view import style_view
from impasto.metrics.stylization import Meter, Pixels, figures
from impasto.nn.vgg_weights import load_vgg19

RESULTS = Path(__file__).parent / "results" / "sizes.json"
PRESETS = ("starry-night", "great-wave", "the-scream", "water-lilies", "udnie", "bayeux-tapestry")
LARGE, NATURAL, SMALL = 2048, 800, 512
CROP = 1024  # of the middle of a large painting, in which its crispness is measured


def fitted(photo: Pixels, side: int) -> Pixels:
    """A photo of the long side ``side``."""
    return resize(photo, *fit_size(photo.shape[0], photo.shape[1], side, "long"))


def crispness(picture: Pixels) -> float:
    """Variance of the Laplacian of Oklab's lightness in the middle of a picture."""
    top, left = ((length - min(CROP, length)) // 2 for length in picture.shape[:2])
    lightness = to_oklab(picture[top : top + CROP, left : left + CROP].astype(np.float32) / 255)[..., 0]
    around = lightness[2:, 1:-1] + lightness[:-2, 1:-1] + lightness[1:-1, 2:] + lightness[1:-1, :-2]
    return float((around - 4 * lightness[1:-1, 1:-1]).var())


def looks(stylizer: Stylizer, photos: list[Pixels], artworks: dict[str, Pixels]) -> dict[str, Any]:
    """Figures of paintings made at three sizes and shrunk to one, and how far they are apart."""
    meter = Meter(load_vgg19())
    found: dict[str, list[tuple[float, float]]] = {str(side): [] for side in (LARGE, NATURAL, SMALL)}
    apart: dict[str, list[float]] = {f"{LARGE} and {side}": [] for side in (NATURAL, SMALL)}
    crisp = []
    for name in PRESETS:
        code = stylizer.preset_code(name)
        style = meter.features(style_view(artworks[name], stylizer.manifest)) if name in artworks else None
        for photo in photos:
            small = {}
            content = meter.features(fitted(photo, SMALL))
            for side in (LARGE, NATURAL, SMALL):
                painted = compose(stylizer, fitted(photo, side), code)
                small[side] = fitted(painted, SMALL)
                if side == LARGE:
                    own = compose(stylizer, fitted(photo, side), code, look=LookOptions(strokes="pixels"))
                    crisp.append(crispness(painted) / crispness(own))
                if style is not None:
                    row = figures(meter.features(small[side]), content, style)
                    found[str(side)].append((row.style, row.gram))
            for side in (NATURAL, SMALL):
                apart[f"{LARGE} and {side}"].append(float(np.abs(small[LARGE].astype(float) - small[side]).mean()))
        print(name, "done", flush=True)
    return {
        "pictures": len(photos) * len(PRESETS),
        "style and Gram at 512 px, painted at": {
            side: [round(fmean(values), 3) for values in zip(*rows, strict=True)]
            for side, rows in found.items()
            if rows
        },
        "levels apart at 512 px": {pair: round(fmean(values), 1) for pair, values in apart.items()},
        "crispness beside strokes of pixels": {"mean": round(fmean(crisp), 2), "least": round(min(crisp), 2)},
    }


def times(stylizer: Stylizer, photo: Pixels) -> dict[str, Any]:
    """Seconds to paint a large photo with strokes of the picture and of pixels, in turn, the better of two."""
    seconds: dict[str, list[float]] = {"picture": [], "pixels": []}
    for _ in range(2):
        for strokes, measured in seconds.items():
            began = time.perf_counter()
            compose(stylizer, photo, "udnie", look=LookOptions(strokes=strokes))
            measured.append(time.perf_counter() - began)
    best = {strokes: round(min(measured), 2) for strokes, measured in seconds.items()}
    return {"pixels": photo.shape[0] * photo.shape[1], **best, "ratio": round(best["picture"] / best["pixels"], 2)}


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="folder of photos of at least 2,000 pixels")
    parser.add_argument("--artworks", type=Path, help="folder of the presets' artworks, NAME.jpg")
    parser.add_argument("--content", type=Path, help="a large photo, to be timed")
    chosen = parser.parse_args()
    facts: dict[str, Any] = {"machine": describe()}
    stylizer = Stylizer.load()
    if chosen.photos:
        photos = [read_picture(file).visible for file in sorted(chosen.photos.iterdir())]
        artworks = {
            file.stem: read_picture(file).visible for file in (chosen.artworks.glob("*.jpg") if chosen.artworks else ())
        }
        facts["looks"] = looks(stylizer, photos, artworks)
    if chosen.content:
        facts["time"] = times(stylizer, read_picture(chosen.content).visible)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
