"""How quickly films and a camera's pictures are painted, from end to end.

A film of moving waves is made, with a tone; ``impasto video`` paints it with and without steadiness, with decoding,
encoding and joining; ``impasto live`` paints a made-up camera. Medians and ranges of the rounds.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import statistics
import tempfile
import time
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe
from pictures import picture

from impasto import Stylizer
from impasto.video.camera import open_camera
from impasto.video.encoding import PieceWriter
from impasto.video.film import paint_film
from impasto.video.live import Live
from impasto.video.options import FilmOptions, LiveOptions

STYLE = "udnie"
SIZES = {"720p": (720, 1280), "360p": (360, 640)}
WARM = 6  # frames until queues are full and graphs are compiled


def make_film(path: Path, height: int, width: int, frames: int) -> None:
    """A film that pans over waves, 25 frames a second."""
    whole = picture(height + frames * 2, width + frames * 3, 0)
    writer = PieceWriter(path, height, width, "h264", time_base=Fraction(1, 25), rate=Fraction(25))
    for index in range(frames):
        part = whole[index * 2 : index * 2 + height, index * 3 : index * 3 + width]
        writer.add(np.ascontiguousarray(part), index)
    writer.close()


def film_rate(stylizer: Stylizer, film: Path, target: Path, steady: float) -> float:
    """Frames per second from the first frames on to the finished film."""
    options = FilmOptions(style=(STYLE,), steady=steady)
    marks = [(0.0, stylizer.preset_code(STYLE))]
    started, frames = 0.0, 0
    for step in paint_film(film, target, stylizer, marks, options, overwrite=True):
        if step.frames == WARM and not started:
            started = time.perf_counter()
        frames = step.frames
    return (frames - WARM) / (time.perf_counter() - started)


def live_rate(stylizer: Stylizer, size: int, steady: float, seconds: float) -> dict[str, float]:
    """Frames per second and the median latency of a camera of 60 frames a second, 640×480."""
    options = LiveOptions(style=(STYLE,), size=size, steady=steady)
    with Live(open_camera("synthetic"), stylizer, [(STYLE, stylizer.preset_code(STYLE))], options) as live:
        for _ in range(30):
            live.take()
        begin, count = time.perf_counter(), 0
        latencies = []
        while time.perf_counter() - begin < seconds:
            shot = live.take()
            if shot is not None:
                count += 1
                latencies.append(time.perf_counter() - shot.taken)
        elapsed = time.perf_counter() - begin
    return {"frames_per_second": count / elapsed, "latency_ms": statistics.median(latencies) * 1000}


def main() -> None:
    """Measure, print and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=3.0, help="of live painting in each round")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the JSON goes")
    given = parser.parse_args()
    stylizer = Stylizer.load()
    runs: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (height, width) in SIZES.items():
            make_film(Path(folder) / f"{name}.mp4", height, width, given.frames)
        for _ in range(given.rounds):
            for name in SIZES:
                for steady in (0.0, 1.0):
                    rate = film_rate(stylizer, Path(folder) / f"{name}.mp4", Path(folder) / "out.mp4", steady)
                    runs.setdefault(f"film {name}, steady {steady:g}: frames/s", []).append(rate)
            for steady in (0.0, 1.0):
                found = live_rate(stylizer, 480, steady, given.seconds)
                for key, unit in (("frames_per_second", "frames/s"), ("latency_ms", "ms latency")):
                    runs.setdefault(f"live 480×360, steady {steady:g}: {unit}", []).append(found[key])
    results: dict[str, Any] = {
        "taken": datetime.now(timezone.utc).isoformat(timespec="minutes"),
        "machine": describe(),
        "rounds": given.rounds,
        "runs": {name: [round(one, 2) for one in values] for name, values in runs.items()},
    }
    for name, values in runs.items():
        print(f"{name}: {statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})")
    if given.output:
        given.output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
