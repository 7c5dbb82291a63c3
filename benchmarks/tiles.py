"""Measures painting in parts: memory, seams, statistics from samples, and speed.

    python benchmarks/tiles.py                      # all; needs 3 GB of disk and some minutes
    python benchmarks/tiles.py --only seams speed   # some, the others' results stay

Writes benchmarks/results/tiles.json and prints it as a table. Needs the extras [train] (for scikit-image) and [print].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import data
from whole import run_whole

from impasto import Stylizer
from impasto.image.resize import resize
from impasto.image.tiff import tiff_header
from impasto.inference import tiling

HERE = Path(__file__).parent
CELL = 1000
STYLES = ("starry-night", "the-scream", "great-wave")
SAMPLES = (data.astronaut(), data.coffee(), data.chelsea())


def main() -> None:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    target = HERE / "results" / "tiles.json"
    results = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    for name in arguments.only:
        results[name] = MEASUREMENTS[name](arguments.threads)
        target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        for row in results[name]:
            print(name, *(f"{key} {value}" for key, value in row.items()), sep="  ")


def memory(threads: int) -> list[dict[str, Any]]:
    """Peak resident memory of the whole process, from file to file."""
    rows = []
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        for side in (5000, 20_000):
            source, target = Path(folder, f"{side}.tif"), Path(folder, f"{side}-out.tif")
            with source.open("wb") as file:
                file.write(tiff_header((side, side, 3), np.dtype(np.uint8), None, None, None))
                for strip in strips(side, side):
                    file.write(strip.tobytes())
            words = [sys.executable, "-m", "impasto", "stylize", source, "--style", STYLES[0], "--threads", threads]
            facts = run_whole(words, target)
            rows.append({"side": side, "peak_mb": round(facts["megabytes"])})
            source.unlink()
            target.unlink()
    return rows


def seams(threads: int) -> list[dict[str, Any]]:
    """Tiles against the whole at 2048², in levels of 255; on the borders, 8 pixels to either side, and elsewhere."""
    stylizer, photo = Stylizer.load(threads=threads), mosaic(2048, 2048)
    rows = []
    for style in STYLES:
        code = stylizer.resolve(style)
        whole = stylizer.stylize(photo, code).astype(int)
        pastiche, border = np.empty_like(photo), np.zeros(photo.shape[:2], bool)
        for part in stylizer.paint_parts(photo, stylizer.measure(photo, code), window=768):
            pastiche[part.rows, part.columns] = part.pixels
            border[max(part.rows.start - 8, 0) : part.rows.start + 8] |= part.rows.start > 0
            border[:, max(part.columns.start - 8, 0) : part.columns.start + 8] |= part.columns.start > 0
        found = np.abs(pastiche - whole).mean(axis=2)
        ratio = found[border].mean() / found[~border].mean()
        rows.append({"style": style, "mean": round(found.mean(), 3), "border_to_inside": round(ratio, 3)})
    return rows


def statistics(threads: int) -> list[dict[str, Any]]:
    """Painting with statistics of samples, and of a smaller copy, against those of the whole at 4096²; in levels."""
    stylizer, photo = Stylizer.load(threads=threads, precision="fp32"), mosaic(4096, 4096)
    small = resize(photo, 2048, 2048)
    places = [photo[top : top + 512, left : left + 512] for top, left in ((512, 512), (2048, 1500), (3000, 2800))]
    rows = []
    for style in STYLES:
        code = stylizer.resolve(style)
        sampled, shrunk = stylizer.measure(photo, code), stylizer.measure(small, code)
        limit, tiling.MEASURED_WHOLE = tiling.MEASURED_WHOLE, photo.size
        whole = stylizer.measure(photo, code)
        tiling.MEASURED_WHOLE = limit
        row: dict[str, Any] = {"style": style}
        for name, modulation in (("samples", sampled), ("smaller", shrunk)):
            pairs = ((stylizer.paint_fixed(one, modulation), stylizer.paint_fixed(one, whole)) for one in places)
            row[name] = round(float(np.mean([np.abs(a.astype(int) - b).mean() for a, b in pairs])), 2)
        rows.append(row)
    return rows


def speed(threads: int) -> list[dict[str, Any]]:
    """Megapixels a second in memory: 8192² in parts, and 1024² as a whole.

    They take turns, a part and a whole picture, so that whatever else the machine does disturbs both alike.
    """
    stylizer = Stylizer.load(threads=threads)
    code = stylizer.resolve(STYLES[0])
    small = mosaic(1024, 1024)
    large = np.tile(small, (8, 8, 1))
    for _ in range(3):
        stylizer.stylize(small, code)
    started = time.perf_counter()
    modulation = stylizer.measure(large, code)
    pastiche = np.empty_like(large)
    parts = stylizer.paint_parts(large, modulation)
    taken, wholes = time.perf_counter() - started, []
    while True:
        started = time.perf_counter()
        part = next(parts, None)
        if part is None:
            break
        pastiche[part.rows, part.columns] = part.pixels
        taken += time.perf_counter() - started
        started = time.perf_counter()
        stylizer.stylize(small, code)
        wholes.append(time.perf_counter() - started)
    rates = {1024: small.size / np.mean(wholes), 8192: large.size / taken}
    return [{"side": side, "mp_per_s": round(rate / 3e6, 2)} for side, rate in rates.items()]


def mosaic(height: int, width: int) -> NDArray[np.uint8]:
    """A made-up large picture, uint8 h×w×3."""
    return np.concatenate(list(strips(height, width)))


def strips(height: int, width: int) -> Iterator[NDArray[np.uint8]]:
    """Its rows, cell by cell: enlarged, turned and mirrored pieces of photos with noise; brighter to the right."""
    for row in range(-(-height // CELL)):
        cells = np.concatenate([_cell(row % 8, column % 8) for column in range(-(-width // CELL))], axis=1)
        yield np.ascontiguousarray(cells[: height - row * CELL, :width])


def _cell(row: int, column: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng([row, column])
    sample = SAMPLES[rng.integers(3)]
    side = int(rng.integers(90, 290))
    top, left = (int(rng.integers(0, one - side + 1)) for one in sample.shape[:2])
    piece = np.rot90(sample[top : top + side, left : left + side], int(rng.integers(4)))
    piece = resize(np.ascontiguousarray(piece[:, :: rng.choice([-1, 1])]), CELL, CELL).astype(np.float32)
    piece *= 0.5 + 0.07 * column + 0.07 * (row % 5)
    return np.clip(piece + rng.normal(0, 3 + 3 * rng.random(), (CELL, CELL, 1)), 0, 255).astype(np.uint8)


MEASUREMENTS = {"seams": seams, "statistics": statistics, "speed": speed, "memory": memory}

if __name__ == "__main__":
    main()
