"""Learns every preset of the default model, one after the other, and puts them into the model's folder.

    python benchmarks/learn_presets.py --artworks DIR --run runs/presets            # hours; go on by calling it again
    python benchmarks/learn_presets.py --run runs/presets --into src/impasto/weights/default

DIR holds presets.tsv and the pictures that it names. What is learnt already is not learnt again. A file
RUN/sizes.json such as {"great-wave": 512} says at which size an artwork is looked at, where it is not the usual one.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
from pathlib import Path

from impasto.export.presets import add_learnt, read_table
from impasto.image.io import read_picture
from impasto.inference.codes import save_code
from impasto.training.learn_options import LearnOptions
from impasto.training.learning import Learning
from impasto.training.practice import practice_photos
from impasto.weights.catalog import find_model

# How the presets that ship were learnt; see docs/learn.md.
SHIPPED = {"steps": 140, "style_size": 640, "learning_rate": 4e-3, "content_weight": 0.7, "ssim_weight": 0.2}


def main() -> None:
    """Learn, put into the model, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--artworks", type=Path, help="folder of presets.tsv and its pictures")
    parser.add_argument("--run", type=Path, required=True, help="folder of the learnt styles, NAME.npz")
    parser.add_argument("--into", type=Path, help="a model's folder, which gets what is learnt and new thumbnails")
    parser.add_argument("--only", nargs="*", help="names of presets; all unless given")
    parser.add_argument("--steps", type=int, default=SHIPPED["steps"])
    given = parser.parse_args()
    given.run.mkdir(parents=True, exist_ok=True)
    if given.artworks is not None:
        _learn(given)
    if given.into is not None:
        print(f"{given.into} has learnt {', '.join(add_learnt(given.into, given.run))}")


def _learn(given: argparse.Namespace) -> None:
    manifest = find_model("default")
    sizes_file = given.run / "sizes.json"
    sizes = json.loads(sizes_file.read_text(encoding="utf-8")) if sizes_file.is_file() else {}
    photos = practice_photos()
    for artwork in read_table(given.artworks):
        file = given.run / f"{artwork.name}.npz"
        if file.exists() or (given.only and artwork.name not in given.only):
            continue
        size = sizes.get(artwork.name, SHIPPED["style_size"])
        options = LearnOptions(**{**SHIPPED, "steps": given.steps, "style_size": size})
        learning = Learning(manifest, [read_picture(artwork.picture).pixels], photos, options)
        recent: list[float] = []
        for step in learning.steps():
            recent = [*recent[-39:], step.objective]
        objective = sum(recent) / len(recent)
        about = {
            "title": artwork.title,
            "artist": artwork.artist,
            "learnt": {"steps": learning.number, "seconds": round(learning.seconds), "options": options.as_dict()},
            "objective": round(objective, 3),
        }
        save_code(file, learning.style(), manifest, about=about)
        print(
            f"{artwork.name}: {learning.number} steps, {learning.seconds:.0f} s, objective {objective:.2f}", flush=True
        )


if __name__ == "__main__":
    main()
