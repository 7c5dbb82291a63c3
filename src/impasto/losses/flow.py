"""Whether marks run along the forms of the photo, or lie across them like dirt: structure tensors compared."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.losses.pixels import wide

OCTAVES = 3
FAINT = 0.004
"""A level of 255 between neighbours: fainter edges than this have no direction that anybody sees."""
_SMOOTH = (0.25, 0.5, 0.25)
_WINDOW = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def flow(pictures: Tensor) -> tuple[Tensor, ...]:
    """Structure tensors of pictures (b 3 h w), at full, half and quarter size, each b 3 h w.

    Of the gradients of all three colours (Di Zenzo 1986), averaged over a window of about 7 pixels: the energy
    xx + yy, and the direction by its double angle, xx − yy and 2xy. The length of the direction is the energy where
    all gradients agree, and zero where they point everywhere.
    """
    pictures = wide(pictures)
    tensors = []
    for octave in range(OCTAVES):
        if octave:
            pictures = F.avg_pool2d(pictures, 2)
        smooth = _blurred(pictures, _SMOOTH)
        across = F.pad((smooth[..., 2:] - smooth[..., :-2]) / 2, (1, 1, 0, 0))
        down = F.pad((smooth[..., 2:, :] - smooth[..., :-2, :]) / 2, (0, 0, 1, 1))
        xx, yy, xy = across.square().sum(1), down.square().sum(1), (across * down).sum(1)
        tensors.append(_blurred(_blurred(torch.stack([xx + yy, xx - yy, 2 * xy], 1), _WINDOW), _WINDOW))
    return tuple(tensors)


def coherence(tensors: tuple[Tensor, ...]) -> Tensor:
    """How far the gradients of a picture agree, in [0, 1], of :func:`flow`: b scales.

    Every place counts by the strength of its edges.
    """
    return torch.stack([_share(_length(one[:, 1:]), one[:, 0]) for one in tensors], 1)


def flow_loss(pictures: Tensor, photos: tuple[Tensor, ...], styles: Tensor) -> Tensor:
    """How much of the edges of pictures (b 3 h w) does not run as those of the photo do: b values in [0, 2].

    Where the photo has a direction (``photos``, its :func:`flow`), edges are to run along it; where it has none, they
    are to agree among themselves. What artworks have of that weighs it (``styles``, their :func:`coherence`): dots are
    nobody's fault in a pointillist's manner. Painters' strokes follow the form, and so do painterly renderings that
    people like (Hertzmann 1998); moments and Gram matrices do not see it, as they do not know where anything is.
    """
    terms = []
    for index, (mine, photo) in enumerate(zip(flow(pictures), photos, strict=True)):
        directed = photo[:, 1:] / (photo[:, :1] + FAINT**2)  # length: the photo's coherence
        along = (mine[:, 1:] * directed).sum(1)
        free = 1 - _length(directed)
        terms.append(styles[:, index] * (1 - _share(along + free * _length(mine[:, 1:]), mine[:, 0])))
    return torch.stack(terms).mean(0)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """The mean of part / whole, each place weighed by the root of the whole: faint marks count, noise does not."""
    weight = (whole + FAINT**2).sqrt()
    return (part / weight).mean((1, 2)) / (whole / weight).mean((1, 2)).clamp_min(1e-6)


def _length(vectors: Tensor) -> Tensor:
    return (vectors.square().sum(1) + 1e-12).sqrt()


def _blurred(maps: Tensor, taps: tuple[float, ...]) -> Tensor:
    count, reach = maps.shape[1], len(taps) // 2
    kernel = maps.new_tensor(taps).expand(count, 1, 1, -1)
    maps = F.pad(maps, (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(maps, kernel, groups=count), kernel.transpose(2, 3), groups=count)
