"""How far the default model is from what optimisation reaches, in the optimiser's own objective and in our figures.

    python benchmarks/optimum.py --content photos --style artworks -o optimised/

Every pair is painted by ``impasto.optimize`` with its defaults at 256², in one scale, from the photo on (or from the
model's painting on, which saves a quarter of the steps); its objective is the reference, 1.0. The same objective is
computed of the photo and of the default model's painting of the same crops, all as 8-bit pictures. Optimised pictures
that are in the folder of -o already are measured, not painted again; so several processes may share the work, each with
a folder of some of the styles, before the one that measures all.
Writes benchmarks/results/optimum.json and prints the table. Needs the extra [train].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import fmean, geometric_mean

from impasto import Stylizer, read_picture, write_picture
from impasto.cli.pastiches import Pixels, name_of, painted_by, read_samples
from impasto.image.sheet import labelled_grid
from impasto.metrics.report import Sample
from impasto.metrics.stylization import Figures, Meter, mean
from impasto.nn.vgg_weights import load_vgg19
from impasto.optimize import OptimizeOptions, Painting
from impasto.optimize.painting import load_network

RESULT = Path(__file__).parent / "results" / "optimum.json"


def main() -> None:
    """Paint and measure every pair, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, required=True, help="folder of photos")
    parser.add_argument("--style", type=Path, required=True, help="folder of style pictures")
    parser.add_argument("--limit-content", type=int, default=8, help="use the first photos only")
    parser.add_argument("--limit-style", type=int, default=10, help="use the first style pictures only")
    parser.add_argument("--size", type=int, default=256, help="side of the centre crops")
    parser.add_argument("--steps", type=int, default=300, help="of the optimiser")
    parser.add_argument("--init", choices=("photo", "model"), default="photo", help="what the optimiser begins with")
    parser.add_argument("--model", default="default", help="name or folder of our model")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", required=True, help="for the optimised pictures")
    parser.add_argument("--result", type=Path, metavar="FILE", default=RESULT, help="instead of benchmarks/results")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="picture of all pairs: photo, painted, optimised")
    chosen = parser.parse_args()
    photos, _ = read_samples(chosen.content, chosen.limit_content, chosen.size)
    styles, _ = read_samples(chosen.style, chosen.limit_style, chosen.size)
    options = OptimizeOptions(size=chosen.size, first_size=chosen.size, steps=chosen.steps, init=chosen.init)
    network, meter = load_network(options), Meter(load_vgg19())
    paint = painted_by(Stylizer.load(chosen.model, precision="fp32"))  # as the figures of other machines
    chosen.output.mkdir(parents=True, exist_ok=True)

    def objective_of(start: Pixels, photo: Pixels, style: Pixels) -> float:
        only_measured = replace(options, init="model", steps=1)
        return next(Painting(photo, [style], only_measured, start=start, network=network).iterates()).objective

    def optimised(photo: Sample, style: Sample, painted: Pixels) -> Pixels:
        kept = chosen.output / name_of(photo, style)
        if not kept.exists():
            start = painted if chosen.init == "model" else None
            painting = Painting(photo.pixels, [style.pixels], options, start=start, network=network)
            for _ in painting.iterates():
                pass
            write_picture(kept, painting.picture)
        return read_picture(kept).pixels

    objectives: dict[str, list[float]] = {"photo": [], "model": [], "optimum": []}
    figures: dict[str, list[Figures]] = {"photo": [], "model": [], "optimum": []}
    drawn: list[tuple[str, list[Pixels]]] = []
    of_photos = [meter.features(photo.pixels) for photo in photos]
    for number, style in enumerate(styles, 1):
        of_style = meter.features(style.pixels)
        for photo, of_photo in zip(photos, of_photos, strict=True):
            painted = paint(photo, style)
            pictures = {"photo": photo.pixels, "model": painted, "optimum": optimised(photo, style, painted)}
            for name, picture in pictures.items():
                objectives[name].append(objective_of(picture, photo.pixels, style.pixels))
                figures[name].append(meter.compare(picture, of_photo, of_style))
            drawn.append((style.name, list(pictures.values())))
        print(f"{number} of {len(styles)} styles", file=sys.stderr)
    ratios = {name: _ratios(values, objectives["optimum"]) for name, values in objectives.items()}
    of_styles = (ratios["model"][first : first + len(photos)] for first in range(0, len(drawn), len(photos)))
    rows = {
        name: {
            "objective": fmean(objectives[name]),
            "against_optimum": geometric_mean(ratios[name]),
            **mean(figures[name]).as_dict(),
        }
        for name in objectives
    }
    facts = {
        "photos": len(photos),
        "styles": len(styles),
        "size": chosen.size,
        "steps": chosen.steps,
        "init": chosen.init,
        "rows": rows,
        "model_by_style": {style.name: geometric_mean(values) for style, values in zip(styles, of_styles, strict=True)},
    }
    chosen.result.parent.mkdir(exist_ok=True)
    chosen.result.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    if chosen.sheet:
        labels, pairs = zip(*drawn, strict=True)
        sheet = labelled_grid(labels, ("photo", chosen.model, "optimised"), pairs, side=chosen.size)
        write_picture(chosen.sheet, sheet, quality=85, overwrite=True)
    print("| | objective | against the optimum | content | style | Gram | SSIM | fringes | grain |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in row.values()) + " |")


def _ratios(values: Iterable[float], references: Iterable[float]) -> list[float]:
    return [value / reference for value, reference in zip(values, references, strict=True)]


if __name__ == "__main__":
    main()
