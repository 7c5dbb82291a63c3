"""Time to the objective that the PyPI tool pastiche reaches with its defaults, pastiche and Impasto in turn.

    python benchmarks/optimize.py --style artwork.jpg                                   # 512², 1000 steps: an hour
    python benchmarks/optimize.py --style artwork.jpg --size 160 --their-steps 20 --our-steps 20 --every 5  # smoke

Both optimise the same objective (pastiche's own) for the same two PNG files, and both save a PNG every few steps. One
neutral scorer then computes that objective in float32 of every saved PNG: 8 bits, as people get them. pastiche's clock
is what it prints, which leaves out importing torch; ours is the whole process, with all it imports, loads and saves.
Writes benchmarks/results/optimize.json and prints a table. Needs the extra [train] and an idle machine.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from skimage import data
from torch import Tensor

from impasto import read_picture, write_picture
from impasto.metrics.stylization import centre_crop
from impasto.nn.border import from_border
from impasto.nn.vgg_weights import load_vgg19

RESULTS = Path(__file__).parent / "results"
PHOTO, STYLE = "photo.png", "style.png"
CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# 10/c² · mean (G − G')² is 10 × gram-element, .01 · mean (F − F')² is .01 × johnson, of the network as it was trained.
SAME_OBJECTIVE = (
    "--raw",
    "--unbalanced",
    f"--content-layer={CONTENT_LAYER}",
    "--content-weight=0.01",
    "--style-loss=gram-element",
    "--style-weight=10",
    "--tv-weight=0",
)
Score = dict[str, float]


class Scorer:
    """pastiche 1.6.0's default objective, written out once more, in float32."""

    def __init__(self, photo: Path, style: Path) -> None:
        self._vgg = load_vgg19(normalised=False)
        self._content = self._features(photo)[CONTENT_LAYER]
        features = self._features(style)
        self._grams = {layer: self._gram(features[layer]) for layer in STYLE_LAYERS}

    @torch.no_grad()
    def __call__(self, picture: Path) -> float:
        """The objective of a saved picture."""
        features = self._features(picture)
        total = 0.01 * (features[CONTENT_LAYER] - self._content).square().mean()
        for layer in STYLE_LAYERS:
            gram = self._gram(features[layer])
            total = total + 10 / gram.shape[0] ** 2 * (gram - self._grams[layer]).square().mean()
        return float(total)

    @torch.no_grad()
    def _features(self, picture: Path) -> dict[str, Tensor]:
        pixels = torch.from_numpy(read_picture(picture).pixels)[None]
        found: dict[str, Tensor] = self._vgg(from_border(pixels).contiguous(), (*STYLE_LAYERS, CONTENT_LAYER))
        return found

    @staticmethod
    def _gram(features: Tensor) -> Tensor:
        rows = features[0].flatten(1)
        return rows @ rows.T / rows.shape[1]


def run_theirs(folder: Path, size: int, steps: int, every: int) -> list[tuple[int, float]]:
    """Run pastiche with its defaults; the steps it has saved and the seconds it had taken by then."""
    command = [sys.executable, "-u", "-m", "pastiche", "-c", folder / PHOTO, "-s", folder / STYLE]
    command += ["-o", folder / "theirs.png"]
    command += ["--size-pixels", size * size, "--num-steps", steps, "--info-step", every, "--seed", 0]
    command += ["--workspace", folder / "theirs", "--workspace-step", every]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [(int(row[0]), float(row[1])) for row in rows if len(row) == 3 and row[0].isdecimal()]


def run_ours(folder: Path, size: int, steps: int, every: int, more: list[str]) -> list[tuple[int, float]]:
    """Run ``impasto optimize`` on the same objective; all that is not painting is counted before the first step."""
    command = [sys.executable, "-m", "impasto", "optimize", folder / PHOTO, "--style", folder / STYLE]
    command += ["-o", folder / "ours.png"]
    command += [*SAME_OBJECTIVE, "--size", size, "--steps", steps, "--save-every", every, "--overwrite"]
    command += ["--trace", folder / "ours.json", *more]
    began = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    whole = time.perf_counter() - began
    trace = json.loads((folder / "ours.json").read_text(encoding="utf-8"))
    rest = whole - trace["seconds"]
    return [(row["step"], rest + row["seconds"]) for row in trace["steps"] if row["step"] % every == 0]


def scored(curve: list[tuple[int, float]], name: str, scorer: Scorer) -> list[Score]:
    """Every saved picture's objective; ``name`` has a place for the step."""
    return [
        {"step": step, "seconds": round(seconds, 2), "objective": scorer(Path(name.format(step=step)))}
        for step, seconds in curve
    ]


def compare(theirs: list[Score], ours: list[Score]) -> dict[str, Any]:
    """When ours first reached the best objective that theirs ever had, and when theirs did."""
    best = min(theirs, key=lambda one: one["objective"])
    reached = next((one for one in ours if one["objective"] <= best["objective"]), None)
    return {
        "their_best": best,
        "ours_there": reached,
        "share_of_their_time": None if reached is None else round(reached["seconds"] / best["seconds"], 3),
        "our_best": min(ours, key=lambda one: one["objective"]),
    }


def main() -> None:
    """Run both, score, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, help="scikit-image's astronaut unless given")
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--size", type=int, default=512, help="side of both centre crops")
    parser.add_argument("--their-steps", type=int, default=1000, help="pastiche's own default")
    parser.add_argument("--our-steps", type=int, default=500, help="as impasto optimize's default")
    parser.add_argument("--every", type=int, default=20, help="steps between two pictures that are scored")
    parser.add_argument("--ours", action="append", default=[], metavar="FLAG", help="another flag for impasto optimize")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="keep the pictures here")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = chosen.output or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        photo, style = folder / PHOTO, folder / STYLE
        pixels = data.astronaut() if chosen.photo is None else read_picture(chosen.photo).pixels
        write_picture(photo, centre_crop(pixels, chosen.size), overwrite=True)
        write_picture(style, centre_crop(read_picture(chosen.style).pixels, chosen.size), overwrite=True)
        width = len(str(chosen.their_steps))
        ours = run_ours(folder, chosen.size, chosen.our_steps, chosen.every, chosen.ours)
        theirs = run_theirs(folder, chosen.size, chosen.their_steps, chosen.every)
        scorer = Scorer(photo, style)
        curves = {
            "pastiche": scored(theirs, f"{folder}/theirs/{{step:0{width}d}}.png", scorer),
            "impasto": scored(ours, f"{folder}/ours-{{step:05d}}.png", scorer),
        }
    facts = {
        "size": chosen.size,
        "their_steps": chosen.their_steps,
        "our_steps": chosen.our_steps,
        "our_flags": [*SAME_OBJECTIVE, *chosen.ours],
        "threads": torch.get_num_threads(),
        **compare(curves["pastiche"], curves["impasto"]),
        "curves": curves,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "optimize.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print("| | step | seconds | objective of the saved PNG |\n|---|---|---|---|")
    for name, key in (("pastiche, its best", "their_best"), ("Impasto, there", "ours_there"), ("its best", "our_best")):
        row = facts[key]
        figures = "never | |" if row is None else f"{row['step']} | {row['seconds']:.1f} | {row['objective']:,.0f}"
        print(f"| {name} | {figures} |")
    print(f"\nshare of pastiche's time: {facts['share_of_their_time']}")


if __name__ == "__main__":
    main()
