"""The figures of still pictures, as every table of this project reports them.

With f(·) the ReLU features of VGG-19 normalised to a mean activation of 1 over photographs, of 512² centre crops:

- content = mean over elements of (f4_1(pastiche) − f4_1(photo))²
- style = Σ over relu1_1, 2_1, 3_1, 4_1 of mean_c (μ − μ')² + mean_c (σ − σ')², σ = √(var + 1e-5)
- Gram = Σ over relu1_1 … 5_1 of mean (G − G')² / mean G'², G = F Fᵀ/(h·w), G' the style's
- SSIM = scikit-image's, grey, pastiche against photo (Wang et al. 2004)
- fringes and grain = of the pastiche alone, see :mod:`impasto.metrics.detail`

Lower is better but for SSIM. docs/measuring.md says how far each agrees with what people choose.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.color import rgb2gray
from skimage.metrics import structural_similarity

from impasto import losses
from impasto.image.levels import Pixels
from impasto.image.resize import centre_square
from impasto.losses import Statistics
from impasto.metrics.detail import detail_of, fringes, grain
from impasto.nn.border import from_border
from impasto.nn.vgg import VGG19

SIDE = 512
CONTENT_LAYER = "relu4_1"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
GRAM_LAYERS = (*STYLE_LAYERS, "relu5_1")


@dataclass(frozen=True)
class Figures:
    """The figures of one pastiche, or their mean over several."""

    content: float
    style: float
    gram: float
    ssim: float
    fringes: float
    grain: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class Features:
    """What is measured of one picture, kept so that each photo and each style is looked at once."""

    content: torch.Tensor
    statistics: dict[str, Statistics]
    grey: NDArray[np.float64]
    fringes: float
    grain: float


class Meter:
    """Measures pictures with one normalised VGG-19."""

    def __init__(self, vgg: VGG19) -> None:
        self._vgg = vgg.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.no_grad()
    def features(self, picture: Pixels) -> Features:
        """Features of a picture, uint8 h×w×3."""
        tensor = from_border(torch.from_numpy(np.array(picture))[None])
        maps = self._vgg(tensor.to(memory_format=torch.channels_last), GRAM_LAYERS)
        detail = detail_of(picture)
        return Features(
            content=maps[CONTENT_LAYER],
            statistics={layer: losses.statistics(found) for layer, found in maps.items()},
            grey=rgb2gray(picture),
            fringes=fringes(detail),
            grain=grain(detail),
        )

    def compare(self, pastiche: Pixels, photo: Features, style: Features) -> Figures:
        """The figures of a pastiche (uint8, as large as the photo)."""
        return figures(self.features(pastiche), photo, style)


def figures(pastiche: Features, photo: Features, style: Features) -> Figures:
    """The figures of a pastiche whose features are known already."""
    return Figures(
        content=losses.content_loss(pastiche.content, photo.content).item(),
        style=sum(
            losses.moment_loss(pastiche.statistics[layer], style.statistics[layer]).item() for layer in STYLE_LAYERS
        ),
        gram=sum(
            losses.relative_gram_loss(pastiche.statistics[layer], style.statistics[layer]).item()
            for layer in GRAM_LAYERS
        ),
        ssim=_ssim(pastiche.grey, photo.grey),
        fringes=pastiche.fringes,
        grain=pastiche.grain,
    )


def ssim(pastiche: Pixels, photo: Pixels) -> float:
    """The structural similarity of two pictures of one size, uint8 h×w×3: 1 if they are equal."""
    return _ssim(rgb2gray(pastiche), rgb2gray(photo))


def _ssim(grey: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(structural_similarity(grey, other, data_range=1.0))


def centre_crop(picture: Pixels, side: int = SIDE) -> Pixels:
    """The picture's central square, resized to ``side`` px (Lanczos)."""
    square = Image.fromarray(np.ascontiguousarray(centre_square(picture)))
    return np.asarray(square.resize((side, side), Image.Resampling.LANCZOS))


def mean(figures: list[Figures]) -> Figures:
    """Figures averaged over pairs."""
    return Figures(*(float(np.mean([getattr(one, name) for one in figures])) for name in Figures.__annotations__))
