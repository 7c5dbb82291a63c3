"""What each loss of style costs a step at a picture of 256²: forward and backward over VGG-19's five relu*_1 layers.

Prints the table of docs/losses.md. One thread's processor time, so that what else runs on the machine counts little.
Features are random, which costs the same as a picture's.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from impasto.losses.adversarial import PatchDiscriminator
from impasto.losses.catalog import STYLE_LOSSES, StyleLoss

CHANNELS = (64, 128, 256, 512, 512)


def features(side: int, seed: int) -> list[Tensor]:
    """One picture's features, channels-last as the networks yield them."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(1, channels, side >> depth, side >> depth, generator=generator)
        .relu()
        .contiguous(memory_format=torch.channels_last)
        .requires_grad_()
        for depth, channels in enumerate(CHANNELS)
    ]


def style_step(loss: StyleLoss, maps: list[Tensor], style: list[Tensor]) -> list[float]:
    """Seconds of each layer."""
    found = []
    for layer, of_style in zip(maps, style, strict=True):
        target = loss.target(of_style.detach())
        found.append(quickest(lambda layer=layer, target=target: loss.compare(layer, target, None), layer))
    return found


def quickest(evaluate: Callable[[], Tensor], inputs: Tensor, repeats: int = 5) -> float:
    """Seconds of the quickest evaluation with its gradient."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        torch.autograd.grad(evaluate().sum(), inputs)
        seconds.append(time.process_time() - started)
    return min(seconds)


def main() -> None:
    """Measure every loss and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=256, help="of the picture, in pixels")
    side = parser.parse_args().side
    torch.set_num_threads(1)
    maps, style = features(side, 0), features(side, 1)
    seconds = {name: style_step(loss, maps, style) for name, loss in STYLE_LOSSES.items()}
    gram = sum(seconds["gram"])
    print("| loss | relu1_1 | relu2_1 | relu3_1 | relu4_1 | relu5_1 | together, ms | × gram |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: |")
    for name, layers in seconds.items():
        each = " | ".join(f"{value * 1000:.0f}" for value in layers)
        print(f"| {name} | {each} | {sum(layers) * 1000:.0f} | {sum(layers) / gram:.1f} |", flush=True)
    picture = torch.rand(1, 3, side, side, requires_grad=True)
    discriminator = PatchDiscriminator(torch.rand(1, 3, side, side), 0)
    judged = quickest(lambda: discriminator.loss(picture), picture)
    started = time.process_time()
    for _ in range(5):
        discriminator.update(picture)
    total = judged + (time.process_time() - started) / 5
    print(f"| adversarial, with its training | | | | | | {total * 1000:.0f} | {total / gram:.1f} |")


if __name__ == "__main__":
    main()
