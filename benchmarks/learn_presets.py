"""Learns every preset of the default model, one after the other, and puts them into the model's folder.

    python benchmarks/learn_presets.py --artworks DIR --run runs/presets            # hours; go on by calling it again
    python benchmarks/learn_presets.py --run runs/presets --into src/impasto/weights/default

DIR holds presets.tsv and the pictures that it names. What is learnt already is not learnt again. A file
RUN/sizes.json such as {"great-wave": 512} says at which size an artwork is looked at, where it is not the usual one.
After the base has changed, --begin-with OLD-RUN goes on from what was learnt on top of the one before, in fewer
steps.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
from pathlib import Path

from impasto.export.presets import add_learnt, read_table
from impasto.image.io import read_picture
from impasto.inference.codes import learnt_difference, save_code
from impasto.training.learn_options import LearnOptions
from impasto.training.learning import Learning
from impasto.training.practice import practice_photos
from impasto.weights.catalog import find_model

# How the presets that ship were learnt; see docs/learn.md.
SHIPPED = {"style_size": 640, "learning_rate": 4e-3}
STEPS, STEPS_GOING_ON = 110, 50
GOING_ON = {"learning_rate": 2.5e-3, "warm_up": 5}


def main() -> None:
    """Learn, put into the model, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--artworks", type=Path, help="folder of presets.tsv and its pictures")
    parser.add_argument("--run", type=Path, required=True, help="folder of the learnt styles, NAME.npz")
    parser.add_argument("--into", type=Path, help="a model's folder, which gets what is learnt and new thumbnails")
    parser.add_argument("--only", nargs="*", help="names of presets; all unless given")
    parser.add_argument("--begin-with", type=Path, help="folder of the styles as learnt for an earlier base")
    parser.add_argument("--model", default="default", help="model to learn on top of, a name or a folder")
    parser.add_argument("--steps", type=int, help=f"{STEPS}, or {STEPS_GOING_ON} with --begin-with, unless given")
    given = parser.parse_args()
    given.run.mkdir(parents=True, exist_ok=True)
    if given.artworks is not None:
        _learn(given)
    if given.into is not None:
        print(f"{given.into} has learnt {', '.join(add_learnt(given.into, given.run))}")


def _learn(given: argparse.Namespace) -> None:
    manifest = find_model(given.model)
    sizes_file = given.run / "sizes.json"
    sizes = json.loads(sizes_file.read_text(encoding="utf-8")) if sizes_file.is_file() else {}
    photos = practice_photos()
    for artwork in read_table(given.artworks):
        file = given.run / f"{artwork.name}.npz"
        if file.exists() or (given.only and artwork.name not in given.only):
            continue
        size = sizes.get(artwork.name, SHIPPED["style_size"])
        old = given.begin_with / file.name if given.begin_with else None
        begin = learnt_difference(old) if old and old.exists() else None
        steps = given.steps or (STEPS_GOING_ON if begin else STEPS)
        options = LearnOptions(**{**SHIPPED, **(GOING_ON if begin else {}), "steps": steps, "style_size": size})
        learning = Learning(manifest, [read_picture(artwork.picture).pixels], photos, options, begin=begin)
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
