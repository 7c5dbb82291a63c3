"""Train candidate painters briefly on equal terms: the same pairs in the same order, the same losses, other sizes.

Writes benchmarks/results/candidates.json, and a contact sheet beside it (of your pictures: not for publication):

    python benchmarks/candidates.py --content photos/ --style artworks/ --steps 150
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.export import onnx as to_onnx
from impasto.export.graphs import Paint
from impasto.nn.vgg_weights import load_vgg19
from impasto.training.arithmetic import Arithmetic
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batches, PictureFolder
from impasto.training.default_recipe import DefaultRecipe, Targets
from impasto.training.loop import Trainer

RESULTS = Path(__file__).parent / "results"
STAMPS = {"blocks": 5, "quarter_blocks": 0, "deep": 0, "grain": 0, "low_frequency": 8}
CANDIDATES = {
    "2 blocks at ⅛, 2 at ¼, detour, grain (ships)": {},
    "without grain": {"grain": 0},
    "without the detour": {"deep": 0},
    "64-128, 5 blocks at ⅛": STAMPS,
    "64-128, 2 blocks at ⅛": {**STAMPS, "blocks": 2},
    "48-96, 5 blocks at ⅛": {**STAMPS, "width": 48, "bottleneck": 96},
    "64-192, 4 blocks at ⅛": {**STAMPS, "bottleneck": 192, "blocks": 4},
    "5 blocks at ⅛, low frequencies of 4 px": {**STAMPS, "low_frequency": 4},
    "5 blocks at ⅛, low frequencies of 16 px": {**STAMPS, "low_frequency": 16},
}
LAST = 50


def paint_milliseconds(recipe: DefaultRecipe, sides: tuple[int, ...]) -> dict[str, float]:
    """Median of ten runs of the painter's graph by OpenVINO, at its own choice of precision."""
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "paint.onnx"
        to_onnx.write(to_onnx.export_paint(Paint(recipe.model.painter).eval()), file)
        found = {}
        for side in sides:
            inputs = {
                "content": np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8),
                "code": np.zeros((1, recipe.options.code_size), np.float32),
                "recolor": np.eye(3, 4, dtype=np.float32)[None],
            }
            model = openvino.Core().read_model(file)
            model.reshape({name: list(value.shape) for name, value in inputs.items()})
            request = (
                openvino.Core().compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY"}).create_infer_request()
            )
            times = []
            for _ in range(12):
                began = time.perf_counter()
                request.infer(inputs)
                times.append(time.perf_counter() - began)
            found[str(side)] = round(1000 * statistics.median(times[2:]), 1)
    return found


def main() -> None:
    """Train, time and show every candidate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--limit", type=int, default=300, help="pictures of each kind")
    chosen = parser.parse_args()
    folders = PictureFolder.load(chosen.content, chosen.limit), PictureFolder.load(chosen.style, chosen.limit)
    base = DefaultTrainOptions(steps=chosen.steps, small_fraction=1.0, style_views=1)
    batches = Batches(*folders, base.seed, base.style_views, base.identity_fraction, base.photo_style_fraction, 1)
    vgg = load_vgg19()
    targets = Targets(Arithmetic.of(base).frozen(vgg), batches)
    rows, sheets = {}, []
    for name, changes in CANDIDATES.items():
        recipe = DefaultRecipe(replace(base, **changes), vgg, batches, targets)
        trainer = Trainer(recipe, Path("unused"))
        trainer.start()
        done = list(trainer.steps())[-LAST:]
        row = {
            term: round(statistics.mean(step.terms[term] for step in done), 3)
            for term in ("content", "style", "gram", "ssim")
        }
        row |= {"objective": round(statistics.mean(step.objective for step in done), 2)}
        row |= {"parameters": sum(p.numel() for p in recipe.model.painter.parameters())}
        row |= {f"ms_{side}": value for side, value in paint_milliseconds(recipe, (512, 1024)).items()}
        rows[name] = row
        sheets.append(recipe.preview(trainer.average))
        print(name, row, flush=True)
    RESULTS.mkdir(exist_ok=True)
    facts = {"steps": chosen.steps, "pictures": chosen.limit, "averaged over last": LAST, "candidates": rows}
    (RESULTS / "candidates.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    Image.fromarray(np.concatenate(sheets, axis=1)).save(RESULTS / "candidates.jpg", quality=85)


if __name__ == "__main__":
    main()
