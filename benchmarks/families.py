"""A trained system beside the default model, style by style, at equal content loss.

    python benchmarks/families.py --model bank --content photos --style artworks -o bank.json

Both paint the same photos in the same styles at several strengths. A style's content, style and Gram losses, means over
the photos, are lines over strength; they are read where the content losses of both are equal, at the most that both
reach. Lower is better. A model that paints only its presets paints those, by the names of the style pictures' files.
Needs the extra [train].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from impasto import Stylizer
from impasto.cli.pastiches import read_samples
from impasto.metrics.report import Sample
from impasto.metrics.stylization import Features, Meter, mean
from impasto.nn.vgg_weights import load_vgg19

STRENGTHS = (0.5, 0.75, 1.0)


def main() -> None:
    """Paint, measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="name or folder of the model")
    parser.add_argument("--content", type=Path, required=True, help="folder of photos")
    parser.add_argument("--style", type=Path, required=True, help="folder of style pictures")
    parser.add_argument("--limit-content", type=int, default=4, help="use the first photos only")
    parser.add_argument("--size", type=int, default=512, help="side of the centre crops")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="for the results")
    chosen = parser.parse_args()
    # In float32, as the figures of every machine are.
    other, default = (Stylizer.load(name, precision="fp32") for name in (chosen.model, "default"))
    photos, _ = read_samples(chosen.content, chosen.limit_content, chosen.size)
    styles, _ = read_samples(chosen.style, None, chosen.size)
    if not other.manifest.encodes:
        styles = [style for style in styles if style.name in {one.name for one in other.presets}]
    meter = Meter(load_vgg19())
    of_photos = [meter.features(photo.pixels) for photo in photos]
    rows = []
    for number, style in enumerate(styles, 1):
        curves = [curve(one, photos, of_photos, style, meter) for one in (default, other)]
        rows.append({"style": style.name, **compared(*curves), "default": curves[0], "other": curves[1]})
        print(f"{number} of {len(styles)} styles", file=sys.stderr)
    facts = {"model": other.manifest.name, "photos": len(photos), "size": chosen.size, "rows": rows}
    chosen.output.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(rows, other.manifest.name))


def curve(
    painter: Stylizer, photos: list[Sample], of_photos: list[Features], style: Sample, meter: Meter
) -> list[dict[str, float]]:
    """Mean figures of a style at each strength."""
    code: Any = painter.encode_style(style.pixels) if painter.manifest.encodes else style.name
    of_style = meter.features(style.pixels)
    return [
        mean(
            [
                meter.compare(painter.stylize(photo.pixels, code, strength=strength), of_photo, of_style)
                for photo, of_photo in zip(photos, of_photos, strict=True)
            ]
        ).as_dict()
        for strength in STRENGTHS
    ]


def compared(default: list[dict[str, float]], other: list[dict[str, float]]) -> dict[str, float]:
    """Style and Gram of both where their content is equal."""
    content = min(default[-1]["content"], other[-1]["content"])
    at = {"content": content}
    for name, figures in (("default", default), ("other", other)):
        known = [one["content"] for one in figures]
        for figure in ("style", "gram"):
            at[f"{name}_{figure}"] = float(np.interp(content, known, [one[figure] for one in figures]))
    return at


def table(rows: list[dict[str, Any]], name: str) -> str:
    """A Markdown table, the means in its last row."""
    columns = ("content", "default_style", "other_style", "default_gram", "other_gram")
    total = {"style": "mean", **{column: fmean(row[column] for row in rows) for column in columns}}
    better = sum(row["other_style"] < row["default_style"] for row in rows)
    lines = [
        f"| style | content of both | style, default | style, {name} | Gram, default | Gram, {name} |",
        "| --- | --: | --: | --: | --: | --: |",
        *(
            f"| {row['style']} | " + " | ".join(f"{row[column]:.2f}" for column in columns) + " |"
            for row in [*rows, total]
        ),
        "",
        f"Style is better than the default model's in {better} of {len(rows)} styles.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
