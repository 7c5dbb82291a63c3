"""How paintings of a study are measured, whatever they were painted with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from impasto import losses
from impasto.image.resize import fit_area, resize
from impasto.metrics.stylization import Features, Figures, Meter, ssim
from impasto.nn.border import from_border
from impasto.nn.loss_networks import LossNetwork
from impasto.nn.vgg_weights import load_vgg19
from impasto.studies.findings import Pixels

__all__ = ["Measures", "color_distance", "gram_distances", "psnr", "ssim"]


class Measures:
    """Content, style, Gram and SSIM as everywhere in this project, but at the painting's own size.

    Each photo and each style is looked at once.
    """

    def __init__(self) -> None:
        self._meter = Meter(load_vgg19())
        self._known: dict[tuple[int, int, int], Features] = {}

    def compare(self, painted: Pixels, photo: Pixels, style: Pixels) -> Figures:
        """The figures of a painting (uint8 h×w×3) of a photo and a style of any sizes, which have to live on."""
        height, width = painted.shape[:2]
        return self._meter.compare(
            painted,
            self._features(photo, height, width),
            self._features(style, *fit_area(style.shape[0], style.shape[1], height * width)),
        )

    def _features(self, pixels: Pixels, height: int, width: int) -> Features:
        key = id(pixels), height, width
        if key not in self._known:
            self._known[key] = self._meter.features(resize(pixels, height, width))
        return self._known[key]


@torch.no_grad()
def gram_distances(painted: Pixels, style: Pixels, network: LossNetwork, layers: Sequence[str]) -> dict[str, float]:
    """The relative Gram loss of a painting against a style (uint8, any size), at each layer; 1 is as far as black."""
    shrunk = resize(style, *fit_area(style.shape[0], style.shape[1], painted.shape[0] * painted.shape[1]))
    kind = next(network.parameters()).dtype  # type: ignore[attr-defined]  # the protocol's modules have them
    found, wanted = (
        network(
            from_border(torch.from_numpy(np.array(pixels))[None]).to(kind, memory_format=torch.channels_last),
            [layer for layer in network.layers if layer in layers],
        )
        for pixels in (painted, shrunk)
    )
    return {
        layer: losses.relative_gram_loss(losses.statistics(found[layer]), losses.statistics(wanted[layer])).item()
        for layer in layers
    }


def color_distance(painted: Pixels, other: Pixels) -> float:
    """How far the colours would have to be moved, in levels of 255: the mean over channels of the Wasserstein-1
    distance of their histograms. Pictures are uint8 of any sizes.
    """
    ranks = np.linspace(0, 1, 257)
    apart = [np.quantile(painted[..., c], ranks) - np.quantile(other[..., c], ranks) for c in range(3)]
    return float(np.abs(apart).mean())


def psnr(painted: Pixels, photo: Pixels) -> float:
    """Peak signal-to-noise ratio against a photo (uint8, resized to the painting), in decibels."""
    shown = resize(photo, *painted.shape[:2]).astype(np.float64)
    error = float(np.square(painted - shown).mean())
    return 10 * math.log10(255**2 / max(error, 1e-12))
