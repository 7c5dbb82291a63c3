"""Mutated films and pictures, painted by folders: no traceback, no half file, and the sound ones are painted.

    python benchmarks/fuzz.py --films 300 --pictures 1000 --model default

Whatever goes wrong is printed with its seed and the file is kept; the exit code is 1 then.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from PIL import Image

BATCH = 25
SECONDS = 600


def drawing(number: int, height: int = 48, width: int = 64) -> np.ndarray:
    """A picture, uint8 h×w×3."""
    y, x = np.mgrid[:height, :width]
    return np.stack([(x * 4 + number * 9) % 256, (y * 5) % 256, (x + y) * 3 % 256], -1).astype(np.uint8)


def film(container: str, codec: str, sound: str) -> bytes:
    """A film with a tone."""
    buffer = BytesIO()
    with av.open(buffer, "w", format=container) as output:
        picture = output.add_stream(codec, rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        stream = output.add_stream(sound, rate=48_000, layout="mono")
        for number in range(10):
            output.mux(picture.encode(av.VideoFrame.from_ndarray(drawing(number), format="rgb24")))
        output.mux(picture.encode(None))
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.format, "mono", 48_000)
        for begin in range(0, 19_200, size):
            tone = np.sin((begin + np.arange(size)) / 9).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48_000, begin
            for one in resampler.resample(frame):
                output.mux(stream.encode(one))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def films() -> dict[str, bytes]:
    """Films of the usual kinds, by name."""
    found = {
        "a.mp4": film("mp4", "libx264", "aac"),
        "b.mkv": film("matroska", "ffv1", "flac"),
        "c.ts": film("mpegts", "mpeg2video", "mp2"),
        "d.webm": film("webm", "libvpx-vp9", "libopus"),
        "e.avi": film("avi", "mpeg4", "pcm_s16le"),
    }
    buffer = BytesIO()
    frames = [Image.fromarray(drawing(number)) for number in range(4)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=80)
    return found | {"f.gif": buffer.getvalue()}


def pictures() -> dict[str, bytes]:
    """Pictures of the usual kinds, by name."""
    rgb, found = drawing(3), {}
    cut = Image.fromarray(np.dstack([rgb, rgb[..., 0]]))
    for name, image in (
        ("a.png", cut), ("b.jpg", Image.fromarray(rgb)), ("c.webp", cut), ("d.tif", Image.fromarray(rgb)),
        ("e.gif", Image.fromarray(rgb)), ("f.bmp", Image.fromarray(rgb)), ("g.tif", cut), ("h.png", cut.convert("P")),
    ):  # fmt: skip
        buffer = BytesIO()
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "a test"
        details = {"exif": exif.tobytes()} if name[-3:] in ("jpg", "png", "ebp") else {}
        image.save(buffer, {"jpg": "JPEG", "tif": "TIFF", "ebp": "WEBP"}.get(name[-3:], name[-3:].upper()), **details)
        found[name] = buffer.getvalue()
    return found


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The data with a few bytes changed, moved, lost or cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 3, 10, 40])):
        place = chance.randrange(len(changed))
        way = chance.randrange(6)
        if way <= 2:
            changed[place] = chance.randrange(256)
        elif way == 3:
            changed[place : place + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])
        elif way == 4:
            del changed[place : place + chance.randrange(1, 64)]
        else:
            changed[place:place] = changed[: chance.randrange(1, 64)]
        if not changed:
            return b"x"
    if chance.random() < 0.15:
        del changed[chance.randrange(len(changed)) :]
    return bytes(changed)


def paint(verb: str, sources: dict[str, bytes], seeds: range, model: str, kept: Path) -> tuple[dict[str, int], list]:
    """Paint a folder of mutants and sound ones; how many became pastiches, and what went wrong."""
    with tempfile.TemporaryDirectory() as place:
        inside, out = Path(place, "in"), Path(place, "out")
        inside.mkdir()
        for name, data in sources.items():
            (inside / f"sound-{name}").write_bytes(data)
        for seed in seeds:
            chance = random.Random(seed)
            name = chance.choice(list(sources))
            (inside / f"{seed}-{name}").write_bytes(mutated(sources[name], chance))
        before = {one: one.read_bytes() for one in inside.iterdir()}
        more = ["--steady", "0"] if verb == "video" else ["--jobs", "1"]
        command = [sys.executable, "-m", "impasto", verb, inside, "--style", "udnie", "--model", model, "-o", out]
        wrong: list[str] = []
        try:
            done = subprocess.run(
                [*map(str, command), "--size", "64", "--json", *more],
                capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {}, [f"{seeds}: took more than {SECONDS} seconds"]
        if done.returncode not in (0, 1):
            wrong.append(f"{seeds}: exit code {done.returncode}: {done.stderr[-500:]}")
        wrong += [
            f"{seeds}: {line}" for line in done.stderr.splitlines() if "Traceback" in line or "unexpected" in line
        ]
        if {one: one.read_bytes() for one in inside.iterdir()} != before:
            wrong.append(f"{seeds}: inputs were changed")
        report = json.loads(done.stdout or "{}")
        painted = [one["output"] for one in report.get("films", report.get("painted", [])) if "output" in one]
        there = {str(one) for one in out.rglob("*")} if out.exists() else set()
        if there != set(painted):
            wrong.append(f"{seeds}: written {sorted(there ^ set(painted))[:5]}")
        missing = [name for name in sources if not any(f"sound-{name.split('.')[0]}-" in one for one in painted)]
        if missing:
            wrong.append(f"{seeds}: not painted: {missing}")
        for one in painted:
            try:
                if verb == "video" and not one.endswith((".gif", ".png", ".webp")):
                    with av.open(one) as found:
                        next(found.decode(video=0))
                else:
                    Image.open(one).load()
            except Exception as error:  # noqa: BLE001 - whatever it is, the file is no good
                wrong.append(f"{seeds}: {one} cannot be read: {error}")
        if wrong:
            shutil.copytree(inside, kept / f"{verb}-{seeds.start}", dirs_exist_ok=True)
        return {"given": len(before), "painted": len(painted)}, wrong


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=300)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--model", default="default")
    parser.add_argument("--kept", type=Path, default=Path("fuzz-findings"), help="where folders with findings are kept")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    wrong: list[str] = []
    for verb, sources, count, batch in (
        ("video", films(), told.films, BATCH), ("stylize", pictures(), told.pictures, 4 * BATCH)
    ):  # fmt: skip
        begun, painted, given = time.monotonic(), 0, 0
        for first in range(told.seed, told.seed + count, batch):
            found, problems = paint(
                verb, sources, range(first, min(first + batch, told.seed + count)), told.model, told.kept
            )
            painted, given = painted + found.get("painted", 0), given + found.get("given", 0)
            wrong += problems
            for problem in problems:
                print(problem, flush=True)
        print(f"{verb}: {count} mutants; {painted} of {given} painted; {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{len(wrong)} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
