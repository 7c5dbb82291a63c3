"""Loads the studio with many clients at once, and then with files and messages made to do harm.

    python benchmarks/serve.py                            # 50 clients for 60 s
    python benchmarks/serve.py --seconds 20 --mutations 1000
    python benchmarks/serve.py --mixed 1000 --clients 0   # only memory, under requests of all kinds

A server is started as users start it. Each client sends a photo to be painted, waits for the answer and sends the next;
after 429 or 503 it waits as long as it is told. Every answer must be 200, 429 or 503. The memory of the server and its
painters is looked at once a second. A single client is timed before and after. The mutations are photos and camera
messages with bytes changed at random: every answer must be 200, 413, 415 or 422, and every message must leave the
connection open or closed, the server alive. Mixed requests come one after the other: photos of four sizes, painted at
six, with all presets, strengths and strokes, and pictures that become styles; what each painter holds is
looked at after every answer, twenty times a second meanwhile, and a minute after the last. Linux.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import asyncio
import collections
import contextlib
import io
import json
import os
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import machine
import numpy as np
from PIL import Image
from studio import studio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

RESULTS = Path(__file__).parent / "results"
STYLE = "starry-night"
ALLOWED = (200, 429, 503)
ALLOWED_MUTATED = (200, 413, 415, 422)
AT_ONCE = 8  # damaged pictures
IDLE = 65.0  # seconds after which an idle painter has given back what it can
HANGS = 120.0  # seconds without an answer


def main() -> int:
    """Measure, write the results, print them; 1 if the server did what it must not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--side", type=int, default=256, help="of the photos, in pixels")
    parser.add_argument("--mutations", type=int, default=0, help="pictures, and as many camera messages")
    parser.add_argument("--mixed", type=int, default=0, help="requests of all sizes, styles, strengths and strokes")
    parser.add_argument("--painters", type=int, default=2)
    parser.add_argument("--name", default="serve", help="of the file in benchmarks/results")
    arguments = parser.parse_args()
    with studio(arguments.painters) as (address, server):
        result = asyncio.run(measure(address, server.pid, arguments))
    result |= {"exit_code": server.returncode, "machine": machine.describe()}
    (RESULTS / f"{arguments.name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    return 0 if result["fine"] and server.returncode == 0 else 1


async def measure(address: str, pid: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything, one after the other."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=HANGS, limits=limits) as client:
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.2)
        photo = encoded("JPEG", arguments.side)
        if arguments.mixed:
            mixed_load = await mixed(client, pid, arguments.mixed)
            if not arguments.clients:
                return mixed_load
        before = await single(client, photo)
        memory: list[float] = []
        watching = asyncio.create_task(watch(pid, memory))
        answers = await load(client, arguments)
        used = {"load": thirds(memory)}
        print("loaded; single requests and damaged files follow", file=sys.stderr)
        result: dict[str, Any] = {
            "clients": arguments.clients,
            "seconds": arguments.seconds,
            "side": arguments.side,
            "painters": arguments.painters,
            "single_ms": {"before": before, "after": await single(client, photo)},
            **summary(answers),
        }
        result["fine"] = set(result["answers"]) <= set(map(str, ALLOWED))
        if arguments.mixed:
            result["mixed"] = mixed_load
        if arguments.mutations:
            memory.clear()
            result["mutations"] = await mutations(client, address, arguments.mutations)
            result["fine"] = result["fine"] and result["mutations"]["fine"]
            used["mutations"] = thirds(memory)
        watching.cancel()
        result["memory_mb"] = used
        result["painters_replaced"] = await replaced(client)
        return result


async def load(client: httpx.AsyncClient, arguments: argparse.Namespace) -> list[tuple[int, float]]:
    """The status and seconds of every answer."""
    until = time.monotonic() + arguments.seconds
    answers: list[tuple[int, float]] = []

    async def one(seed: int) -> None:
        photo = encoded("JPEG", arguments.side, seed)
        while time.monotonic() < until:
            begun = time.monotonic()
            try:
                answer = await post(client, photo)
            except httpx.HTTPError as error:
                print(type(error).__name__, error, file=sys.stderr)
                answers.append((0, time.monotonic() - begun))
                continue
            answers.append((answer.status_code, time.monotonic() - begun))
            if answer.status_code in (429, 503):
                await asyncio.sleep(float(answer.headers["retry-after"]))

    await asyncio.gather(*(one(seed) for seed in range(arguments.clients)))
    return answers


async def mixed(client: httpx.AsyncClient, pid: int, count: int) -> dict[str, Any]:
    """The memory of the painter that holds most, in megabytes, under requests of all kinds."""
    rng = np.random.default_rng(0)
    styles = [one["name"] for one in (await client.get("/v1/styles")).json()["styles"]]
    photos = [encoded("JPEG", side) for side in (480, 900, 1600, 3400)]
    statuses: collections.Counter[str] = collections.Counter()
    rested: list[float] = []
    at_work: list[float] = []

    async def look() -> None:
        while True:
            at_work.append(max(painters_mb(pid), default=0.0))
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(look())
    for number in range(count):
        photo = photos[rng.integers(len(photos))]
        if rng.random() < 0.1:
            answer = await client.post("/v1/styles", files={"picture": photo})
            await client.delete(f"/v1/styles/{answer.json()['name']}")
        else:
            look_of = {
                "style": rng.choice(styles, rng.integers(1, 3), replace=False).tolist(),
                "size": str(rng.choice([256, 512, 512, 800, 1024, 1300])),
                "strength": str(rng.choice([1, 1, 0.8, 0.5, 1.2])),
                "stroke": str(rng.choice([1, 1, 0.5, 2])),
            }
            answer = await client.post("/v1/stylize", data=look_of, files={"content": ("photo", photo)})
        statuses[str(answer.status_code)] += 1
        await asyncio.sleep(0.05)
        rested.append(max(painters_mb(pid)))
        if number % 50 == 49:
            print(f"{number + 1} mixed requests, {rested[-1]:.0f} MB", file=sys.stderr)
    looking.cancel()
    await asyncio.sleep(IDLE)
    return {
        "requests": count,
        "answers": dict(statuses),
        "painters_replaced": await replaced(client),
        "painter_mb": {
            "between_requests": thirds(rested),
            "at_work_most": round(max(at_work)),
            "idle": round(max(painters_mb(pid))),
        },
        "fine": set(statuses) <= {"200", "201"},
    }


async def mutations(client: httpx.AsyncClient, address: str, count: int) -> dict[str, Any]:
    """What came of so many changed pictures, and of so many changed messages."""
    rng = np.random.default_rng(0)
    originals = [encoded(kind, 48) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")]
    statuses: collections.Counter[str] = collections.Counter()
    pictures = [mutated(originals[index % len(originals)], rng) for index in range(count)]
    for start in range(0, count, AT_ONCE):
        answers = await asyncio.gather(*(post(client, picture) for picture in pictures[start : start + AT_ONCE]))
        statuses.update(str(answer.status_code) for answer in answers)
    print("damaged pictures are done; messages follow", file=sys.stderr)
    setting = b'{"styles": [["udnie", 1.0]], "strength": 1.0, "color": "style"}'
    live = address.replace("http", "ws", 1) + "v1/live"
    closed = sent = 0
    while sent < count:
        try:
            async with connect(live, max_size=None) as socket:
                reading = asyncio.create_task(read(socket))  # who does not read is not answered, pings included
                await socket.send(setting.decode())
                while sent < count:
                    sent += 1
                    if rng.random() < 0.3:
                        await socket.send(mutated(setting, rng).decode("utf-8", "replace"))
                    else:
                        await socket.send(mutated(originals[0], rng))
                    if sent % 20 == 0:
                        await asyncio.wait_for(await socket.ping(), HANGS)
                    await asyncio.sleep(0.01)
                reading.cancel()
        except WebSocketException:
            closed += 1
    alive = (await client.get("/healthz")).status_code == 200
    fine = alive and set(statuses) <= set(map(str, ALLOWED_MUTATED))
    return {"pictures": dict(statuses), "messages": sent, "connections_closed": closed, "alive": alive, "fine": fine}


async def read(socket: ClientConnection) -> None:
    """Take what comes until the connection is closed."""
    with contextlib.suppress(WebSocketException):
        async for _ in socket:
            pass


async def single(client: httpx.AsyncClient, photo: bytes, count: int = 11) -> float:
    """Milliseconds of one request when nobody else asks, the median."""
    seconds = []
    for _ in range(count):
        begun = time.monotonic()
        (await post(client, photo)).raise_for_status()
        seconds.append(time.monotonic() - begun)
    return round(1000 * statistics.median(seconds), 1)


async def post(client: httpx.AsyncClient, photo: bytes) -> httpx.Response:
    """One request."""
    return await client.post("/v1/stylize", data={"style": STYLE}, files={"content": ("photo", photo)})


async def replaced(client: httpx.AsyncClient) -> int:
    """How many painters died."""
    found = re.search(r"^impasto_painters_replaced (\S+)$", (await client.get("/metrics")).text, re.MULTILINE)
    return int(float(found[1])) if found else -1


async def watch(pid: int, memory: list[float]) -> None:
    """Add the megabytes of a process and its children once a second; memory they share is counted once for each."""
    while True:
        memory.append(resident(str(pid)) + sum(painters_mb(pid)))
        await asyncio.sleep(1)


def painters_mb(pid: int) -> list[float]:
    """Megabytes of every process that the server has started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")  # each thread has started its own
    found = []
    for thread in threads:
        with contextlib.suppress(OSError):
            found += [resident(child) for child in thread.read_text(encoding="ascii").split()]
    return found


def thirds(memory: list[float]) -> dict[str, int]:
    """Whether it grows: means over the first and the last third of the time, and the most."""
    third = max(1, len(memory) // 3)
    first, last = statistics.mean(memory[:third]), statistics.mean(memory[-third:])
    return {"first_third": round(first), "last_third": round(last), "most": round(max(memory))}


def resident(pid: str) -> float:
    """Megabytes of memory of a process; 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def summary(answers: list[tuple[int, float]]) -> dict[str, Any]:
    """How many of each, and how long those took that were painted."""
    counted = collections.Counter(str(status) for status, _ in answers)
    painted = sorted(seconds for status, seconds in answers if status == 200)
    at = {name: painted[min(len(painted) - 1, int(share * len(painted)))] for name, share in SHARES.items()}
    return {"answers": dict(counted), "painted_ms": {name: round(1000 * value) for name, value in at.items()}}


SHARES = {"median": 0.5, "p95": 0.95, "most": 1.0}


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes changed, and at times the end cut off."""
    changed = bytearray(data)
    for place in rng.integers(0, len(changed), rng.integers(1, 20)):
        changed[place] = rng.integers(256)
    return bytes(changed[: rng.integers(1, len(changed))] if rng.random() < 0.2 else changed)


def encoded(kind: str, side: int, seed: int = 0) -> bytes:
    """A made-up photo's file."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    waves = [np.sin((x * a + y * b) / 17 + seed) for a, b in ((1, 0.3), (0.4, 1), (-0.7, 0.8))]
    file = io.BytesIO()
    Image.fromarray((np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8)).save(file, kind)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
