"""Whether memory stays flat however long a film is: peaks of ``impasto video`` on ten seconds and on ten minutes.

    python benchmarks/film_memory.py

Films of moving waves with a tone, painted steadily by whole processes in the precision that the machine is quickest
in. Writes benchmarks/results/film_memory.json. Linux, macOS.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from machine import describe
from pictures import picture
from whole import run_whole

RESULTS = Path(__file__).parent / "results" / "film_memory.json"
HEIGHT, WIDTH, RATE, SAMPLES = 180, 320, 10, 48_000


def make_film(path: Path, seconds: int) -> None:
    """A film that pans over waves to and fro, with a tone."""
    reach = 200
    whole = picture(HEIGHT, WIDTH + reach, 0)
    tone = np.sin(np.arange(SAMPLES // RATE) * 2 * np.pi * 440 / SAMPLES).astype(np.float32)[None]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, RATE)
        audio = container.add_stream("aac", rate=SAMPLES, layout="mono")
        for index in range(seconds * RATE):
            left = abs(index * 3 % (2 * reach) - reach)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(whole[:, left : left + WIDTH]), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(video.encode(frame))
            sound = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = SAMPLES, index * tone.shape[1], Fraction(1, SAMPLES)
            container.mux(audio.encode(sound))
        container.mux(video.encode())
        container.mux(audio.encode())


def main() -> None:
    """Measure, print and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs=2, default=[10, 600], help="lengths of the films")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        lengths = parser.parse_args().seconds
        for seconds in lengths:
            make_film(Path(folder) / f"{seconds}.mp4", seconds)
        for seconds in (lengths[0], *lengths):  # the first compiles the graph, which is then cached, and does not count
            film = Path(folder) / f"{seconds}.mp4"
            command = [sys.executable, "-m", "impasto", "video", film, "--style", "udnie", "--overwrite"]
            facts = run_whole(command, Path(folder) / "painted.mp4")
            found[f"{seconds} s"] = {"peak_mb": round(facts["megabytes"], 1), "painting_s": round(facts["seconds"], 1)}
        for name, row in found.items():
            print(f"{name}: {row['peak_mb']:.0f} MB at most, painted in {row['painting_s']:.0f} s")
    results = {"machine": describe(), "film": f"{WIDTH}×{HEIGHT}, {RATE} frames/s, with a tone", "films": found}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
