"""Times a folder of photos painted one after another and several at once, in turn, on this machine.

    python benchmarks/batch.py                # 195 photos and 5 corrupt files; about a minute
    python benchmarks/batch.py --name mymachine

Each contestant is a whole command, start and all: ``impasto stylize FOLDER`` with ``--jobs 1``, the plain loop, whose
engine uses all cores for each photo; with ``--jobs 1 --threads 1``, the same on one core; and with the jobs it takes by
itself. A round has every contestant once, so that whatever else the machine does disturbs all alike; what others took
of the processor meanwhile is recorded. Every run must paint 195 photos, name 5 and exit with 1. Linux.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "examples" / "pictures"
STYLE = "starry-night"
LONG_SIDE = 512
ASPECTS = ((1, 1), (4, 3), (3, 4), (3, 2), (2, 3), (16, 9))  # width, height
CONTESTANTS = {
    "plain loop": ["--jobs", "1"],
    "plain loop, one thread": ["--jobs", "1", "--threads", "1"],
    "batch": [],
}
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200, help="the corrupt ones included")
    parser.add_argument("--corrupt", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--suffix", default=".jpg", help="of the photos, and so of the pastiches")
    parser.add_argument("--name", default="batch", help="of the file in benchmarks/results")
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["IMPASTO_CACHE"] = str(Path(scratch, "cache"))  # the user's own is left alone
        photos = Path(scratch, "photos")
        make_photos(photos, arguments.photos, arguments.corrupt, arguments.suffix)
        warm = Path(scratch, "warm")
        make_photos(warm, len(ASPECTS), 0, arguments.suffix)
        for flags in CONTESTANTS.values():
            _run(warm, Path(scratch, "out"), flags, len(ASPECTS), 0)
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
            for name, flags in CONTESTANTS.items():
                found = _run(photos, Path(scratch, "out"), flags, arguments.photos, arguments.corrupt)
                runs[name].append(found)
    results = {
        "taken": dt.datetime.now(dt.timezone.utc).isoformat(timespec="minutes"),
        "machine": machine.describe(),
        "photos": arguments.photos,
        "corrupt": arguments.corrupt,
        "suffix": arguments.suffix,
        "long_side": LONG_SIDE,
        "runs": runs,
        "ratio": ratios(runs),
    }
    target = HERE / "results" / f"{arguments.name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(results))
    print(f"\nwritten to {target}", file=sys.stderr)


def make_photos(folder: Path, count: int, corrupt: int, suffix: str) -> None:
    """Crops of the samples in several shapes, with the corrupt files spread among them."""
    folder.mkdir()
    samples = [Image.open(file).convert("RGB") for file in sorted(SAMPLES.glob("*.jpg")) if file.stem != "strokes"]
    rng = np.random.default_rng(0)
    bad = {(index + 1) * count // (corrupt + 1) for index in range(corrupt)}
    for index in range(count):
        file = folder / f"{index:04}{suffix}"
        across, down = ASPECTS[index % len(ASPECTS)]
        scale = LONG_SIDE / max(across, down)
        size = (round(across * scale), round(down * scale))
        sample = samples[index % len(samples)]
        share = rng.uniform(0.6, 1) * min(sample.width / size[0], sample.height / size[1])
        width, height = share * size[0], share * size[1]
        left, top = rng.uniform(0, sample.width - width), rng.uniform(0, sample.height - height)
        sample.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height)).save(file)
        if index in bad:
            whole = file.read_bytes()
            file.write_bytes(whole[: len(whole) // 3])


def ratios(runs: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """How many times as many photos a second the batch paints, round by round."""
    found = {}
    for name, times in runs.items():
        if name != "batch":
            each = [one["seconds"] / other["seconds"] for one, other in zip(times, runs["batch"], strict=True)]
            found[name] = {"median": statistics.median(each), "least": min(each), "greatest": max(each)}
    return found


def table(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = ["| | photos a second | processor ms a photo | batch is faster by |", "|---|---|---|---|"]
    for name, runs in results["runs"].items():
        rates = [results["photos"] / run["seconds"] for run in runs]
        cpu = statistics.median(run["cpu_seconds"] for run in runs) / results["photos"] * 1000
        ratio = results["ratio"].get(name)
        faster = f"{ratio['median']:.2f} ({ratio['least']:.2f}–{ratio['greatest']:.2f})" if ratio else ""
        rate = f"{statistics.median(rates):.1f} ({min(rates):.1f}–{max(rates):.1f})"
        lines.append(f"| {name} | {rate} | {cpu:.1f} | {faster} |")
    return "\n".join(lines)


def _run(photos: Path, out: Path, flags: list[str], count: int, corrupt: int) -> dict[str, float]:
    command = [sys.executable, "-m", "impasto", "stylize", str(photos), "-o", str(out), "--style", STYLE]
    before, busy, started = resource.getrusage(resource.RUSAGE_CHILDREN), _busy(), time.perf_counter()
    done = subprocess.run([*command, "--overwrite", *flags], capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    painted, named = len(done.stdout.splitlines()), len(done.stderr.splitlines())
    expected = (count - corrupt, corrupt, 1 if corrupt else 0)
    if (painted, named, done.returncode) != expected:
        raise SystemExit(f"painted {painted}, named {named}, exit code {done.returncode}: {done.stderr[-500:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    others = max(0.0, _busy() - busy - cpu) / seconds
    return {"seconds": seconds, "cpu_seconds": cpu, "cores_of_others": others}


def _busy() -> float:
    """Seconds that all processors together have worked since the system started."""
    user, nice, system, _idle, _wait, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / TICKS


if __name__ == "__main__":
    main()
