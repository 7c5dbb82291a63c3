"""How far the default model is from what optimisation reaches, in the optimiser's own objective and in our figures.

    python benchmarks/optimum.py --content photos --style artworks --limit-content 8 --limit-style 10

Every pair is painted by ``impasto.optimize`` with its defaults at 256², in one scale, from the photo on; the objective
of its last iterate is the reference, 1.0. The same objective is then computed of the photo and of the default model's
painting of the same crops. Writes benchmarks/results/optimum.json and prints the table. Needs the extra [train].
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import fmean, geometric_mean

from impasto import Stylizer, write_picture
from impasto.cli.pastiches import Pixels, name_of, painted_by, read_samples
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
    parser.add_argument("--model", default="default", help="name or folder of our model")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="keep the optimised pictures here")
    chosen = parser.parse_args()
    photos, _ = read_samples(chosen.content, chosen.limit_content, chosen.size)
    styles, _ = read_samples(chosen.style, chosen.limit_style, chosen.size)
    options = OptimizeOptions(size=chosen.size, first_size=chosen.size, steps=chosen.steps)
    network, meter = load_network(options), Meter(load_vgg19())
    paint = painted_by(Stylizer.load(chosen.model))
    if chosen.output:
        chosen.output.mkdir(parents=True, exist_ok=True)

    def objective_of(start: Pixels, photo: Pixels, style: Pixels) -> float:
        only_measured = replace(options, init="model", steps=1)
        return next(Painting(photo, [style], only_measured, start=start, network=network).iterates()).objective

    objectives: dict[str, list[float]] = {"photo": [], "model": [], "optimum": []}
    figures: dict[str, list[Figures]] = {"photo": [], "model": [], "optimum": []}
    seconds = []
    of_photos = [meter.features(photo.pixels) for photo in photos]
    for style in styles:
        of_style = meter.features(style.pixels)
        for photo, of_photo in zip(photos, of_photos, strict=True):
            began = time.perf_counter()
            painting = Painting(photo.pixels, [style.pixels], options, network=network)
            objectives["optimum"].append([iterate.objective for iterate in painting.iterates()][-1])
            seconds.append(time.perf_counter() - began)
            pastiche = paint(photo, style)
            for name, picture in (("photo", photo.pixels), ("model", pastiche), ("optimum", painting.picture)):
                if name != "optimum":
                    objectives[name].append(objective_of(picture, photo.pixels, style.pixels))
                figures[name].append(meter.compare(picture, of_photo, of_style))
            if chosen.output:
                write_picture(chosen.output / name_of(photo, style), painting.picture, overwrite=True)
            print(f"{len(seconds)} of {len(styles) * len(photos)} pairs", file=sys.stderr)
    rows = {
        name: {
            "objective": fmean(objectives[name]),
            "against_optimum": geometric_mean(_ratios(objectives[name], objectives["optimum"])),
            **mean(figures[name]).as_dict(),
        }
        for name in objectives
    }
    facts = {
        "photos": len(photos),
        "styles": len(styles),
        "size": chosen.size,
        "steps": chosen.steps,
        "seconds_a_pair": round(fmean(seconds), 1),
        "rows": rows,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print("| | objective | against the optimum | content | style | Gram | SSIM |\n|---|--:|--:|--:|--:|--:|--:|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in row.values()) + " |")


def _ratios(values: Iterable[float], references: Iterable[float]) -> list[float]:
    return [value / reference for value, reference in zip(values, references, strict=True)]


if __name__ == "__main__":
    main()
