"""How much quicker a training step is than the same step written plainly in float32.

    python benchmarks/steps.py                       # every family, four pairs of 128² a step
    python benchmarks/steps.py johnson --crop 256

Plain means: float32 all through, torch's own convolutions, channels first, statistics by autograd, torch's unfused
Adam, and where any style may come (default) its targets computed when it comes; the same networks, losses, pictures,
batch and crop. The two take turns in one run. A step is the trainer's: drawing the pairs, forth, back, clipping,
optimiser and moving average. Pictures are noise, which costs the same as photos. Writes
benchmarks/results/steps.json.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import machine
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto import losses
from impasto.losses import EPSILON, Statistics
from impasto.training.families import FAMILIES
from impasto.training.session import Session

RESULTS = Path(__file__).parent / "results" / "steps.json"
PICTURES, SIDE = 8, 640
# The default recipe doubles its batch while crops are small, which these options turn off.
EXTRA: dict[str, dict[str, Any]] = {"default": {"small_fraction": 0.0}, "ghiasi": {"predictor": "mobilenet"}}


def main() -> None:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", default=list(FAMILIES), help="which; all unless given")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--steps", type=int, default=4, help="of each a turn")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        content, style = (draw(Path(folder) / name, seed) for seed, name in enumerate(("content", "style")))
        for family in arguments.families:
            artworks = style / "0.png" if family == "johnson" else style
            rows[family] = measure(family, content, artworks, Path(folder), arguments)
            print(line(family, rows[family]), flush=True)
    found = {
        "machine": machine.describe(),
        "threads": torch.get_num_threads(),
        "batch": arguments.batch,
        "crop": arguments.crop,
        "families": rows,
    }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def measure(family: str, content: Path, style: Path, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Seconds a step of both, and their ratio."""
    ours = trainer_steps(family, content, style, folder / f"{family}-ours", arguments)
    with plainly():
        plain = trainer_steps(family, content, style, folder / f"{family}-plain", arguments, plain=True)
    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(arguments.turns + 1):  # the first is to warm up
        with plainly():
            taken = [timed(plain) for _ in range(arguments.steps)]
        ours_taken = [timed(ours) for _ in range(arguments.steps)]
        if turn:
            seconds["plain"] += taken
            seconds["ours"] += ours_taken
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ours_s": round(medians["ours"], 4),
        "plain_s": round(medians["plain"], 4),
        "ours_spread_s": [round(min(seconds["ours"]), 4), round(max(seconds["ours"]), 4)],
        "plain_spread_s": [round(min(seconds["plain"]), 4), round(max(seconds["plain"]), 4)],
        "ratio": round(medians["plain"] / medians["ours"], 2),
    }


def trainer_steps(
    family: str, content: Path, style: Path, run: Path, arguments: argparse.Namespace, *, plain: bool = False
) -> Iterator[object]:
    """The steps of a new run."""
    options = FAMILIES[family].options(
        batch=arguments.batch,
        crop=arguments.crop,
        steps=10_000,
        preview_steps=0,
        device="cpu",
        precision="fp32" if plain else "auto",
        **EXTRA.get(family, {}),
    )
    session = Session.start(content, style, run, options)
    recipe: Any = session.recipe
    steps = session.trainer.steps()
    if not plain:
        return steps
    vgg = recipe._vgg if family == "default" else recipe.perception.vgg  # noqa: SLF001 - nobody else asks for it
    for network in (recipe.model, vgg):
        network.to(memory_format=torch.contiguous_format)
    return forgetful(recipe, steps) if family == "default" else steps


def forgetful(recipe: Any, steps: Iterator[object]) -> Iterator[object]:
    """The steps, none of which knows a style's targets from before."""
    while True:
        recipe._targets._kept.clear()  # noqa: SLF001 - as above
        yield next(steps)


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """What is built and run inside does without our shortcuts."""
    adam = torch.optim.Adam

    def unfused(*parameters: Any, **options: Any) -> torch.optim.Adam:
        return adam(*parameters, **{**options, "fused": False})

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch("impasto.nn.winograd.worthwhile", return_value=False))
        stack.enter_context(mock.patch.object(losses, "statistics", textbook_statistics))
        stack.enter_context(mock.patch.object(torch.optim, "Adam", unfused))
        yield


def textbook_statistics(features: Tensor) -> Statistics:
    """Mean, deviation and Gram matrix as the papers' codes compute them, with autograd's gradients."""
    b, c, h, w = features.shape
    flat = features.reshape(b, c, h * w)
    gram = torch.bmm(flat, flat.transpose(1, 2)) / (h * w)
    return Statistics(flat.mean(2), (flat.var(2, unbiased=False) + EPSILON).sqrt(), gram)


def timed(steps: Iterator[object]) -> float:
    """Seconds of the next step."""
    started = time.perf_counter()
    next(steps)
    return time.perf_counter() - started


def draw(folder: Path, seed: int) -> Path:
    """A folder of pictures of noise."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for index in range(PICTURES):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


def line(family: str, row: dict[str, Any]) -> str:
    """A row of a Markdown table."""
    return f"| {family} | {row['plain_s']:.2f} | {row['ours_s']:.2f} | **{row['ratio']:.2f}** |"


if __name__ == "__main__":
    main()
