"""How strongly pictures excite a network's channels, and pictures to ask that about where there are no photographs."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.nn.vgg import VGG

__all__ = ["mean_activations", "pink_noise"]

# Brightness varies most, blue against yellow and red against green less; about as much as in photographs.
COLOR_FROM_OPPONENT = ((1.0, 0.35, 0.1), (1.0, 0.0, -0.2), (1.0, -0.35, 0.1))
MEAN, DEVIATION = 0.45, 0.25


@torch.no_grad()
def mean_activations(network: VGG, pictures: Tensor) -> dict[str, Tensor]:
    """The mean of each channel (c, float32) of each layer over pictures (b 3 h w, sRGB in [0, 1]) and their pixels.

    ``network.normalise`` takes it; channels that these pictures leave silent should then be given a floor.
    """
    return {layer: maps.float().mean((0, 2, 3)) for layer, maps in network(pictures, network.layers).items()}


def pink_noise(count: int = 2, side: int = 256, seed: int = 0) -> Tensor:
    """Coloured noise whose amplitude falls as 1 / frequency, as that of photographs does: count 3 side side, in [0, 1].

    Source: Field, "Relations between the statistics of natural images and the response properties of cortical cells",
    JOSA A, 1987.
    """
    white = torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
    down, right = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    frequency = torch.hypot(down[:, None], right[None]).clamp_min(1 / side)
    noise = torch.fft.irfft2(torch.fft.rfft2(white) / frequency, s=(side, side))
    noise = torch.einsum("ro,nohw->nrhw", torch.tensor(COLOR_FROM_OPPONENT), noise)
    deviation, mean = torch.std_mean(noise, (1, 2, 3), keepdim=True)
    return (MEAN + DEVIATION * (noise - mean) / deviation).clamp(0, 1)
