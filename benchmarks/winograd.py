"""How much quicker 3×3 convolutions are by Winograd's method than torch's own, in float32, in turn in one run.

    python benchmarks/winograd.py --threads 1

Shapes are those of VGG-19 and TransferNet for four crops of 128², and the deepest of one picture of 512². The error is
the largest difference, relative to the largest result. Writes benchmarks/results/winograd.json, prints the table.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.nn.winograd import convolve

RESULTS = Path(__file__).parent / "results" / "winograd.json"
SHAPES = ((4, 64, 128, 64), (4, 128, 128, 64), (4, 256, 256, 32), (4, 512, 512, 16), (1, 512, 512, 64))
"""Pictures, maps in, maps out, side."""


def main() -> None:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=11)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    rows = [measure(*shape, turns=chosen.turns) for shape in SHAPES]
    facts = {"machine": machine.describe(), "threads": chosen.threads, "rows": rows}
    RESULTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print("| convolution | torch | Winograd | | error |\n| --- | --: | --: | --: | --: |")
    for row in rows:
        times = f"{row['torch_ms']:.1f} ms | {row['winograd_ms']:.1f} ms | {row['ratio']:.1f}×"
        print(f"| {row['convolution']} | {times} | {row['error']:.0e} |")


@torch.no_grad()
def measure(pictures: int, inputs: int, outputs: int, side: int, *, turns: int) -> dict[str, Any]:
    """Medians of both, in turn; the first turn is to warm up."""
    x = torch.randn(pictures, inputs, side, side).to(memory_format=torch.channels_last)
    weight = torch.randn(outputs, inputs, 3, 3).to(memory_format=torch.channels_last)
    wanted, found = F.conv2d(x, weight, padding=1), convolve(x, weight)
    both = [
        (timed(lambda: F.conv2d(x, weight, padding=1)), timed(lambda: convolve(x, weight))) for _ in range(turns + 1)
    ]
    theirs, ours = (statistics.median(times) for times in zip(*both[1:], strict=True))
    return {
        "convolution": f"{pictures}: {inputs} → {outputs} maps of {side}²",
        "torch_ms": theirs,
        "winograd_ms": ours,
        "ratio": theirs / ours,
        "error": ((found - wanted).abs().max() / wanted.abs().max()).item(),
    }


def timed(work: Callable[[], Tensor]) -> float:
    """Milliseconds that it takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
