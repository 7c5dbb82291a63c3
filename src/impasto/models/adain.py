"""AdaIN: VGG-19 looks at photo and style, their feature statistics are exchanged, a decoder paints the result.

Source: Huang & Belongie, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", ICCV 2017. We
depart in the encoder's scale (its channels have a mean activation of 1 over photographs, which AdaIN does not notice
but the losses do), and in two options: statistics exchanged at several depths, batch normalisation in the encoder.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.mirrored_decoder import MirroredDecoder
from impasto.nn.instance import adain, moments
from impasto.nn.vgg import VGG19, channels_of

__all__ = ["ENCODED", "AdaIN", "BatchNormEncoder", "code_of", "code_size"]

ENCODED = "relu4_1"
ENCODER_LAYERS = VGG19.layers[: VGG19.layers.index(ENCODED) + 1]


class BatchNormEncoder(nn.Module):
    """VGG-19 to relu4_1 with a batch normalisation after every convolution; only those are this module's own.

    They start as the identity over the pictures that :meth:`standardise` is given, and learn from there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleDict({layer: nn.BatchNorm2d(channels_of(layer)) for layer in ENCODER_LAYERS})

    def forward(self, vgg: VGG19, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """As :class:`~impasto.nn.vgg.VGG19`, whose convolutions are used."""
        x = pictures - vgg.mean.to(pictures.dtype)
        found = {}
        for layer, norm in self.norms.items():
            if layer.endswith("_1") and layer != "relu1_1":
                x = F.max_pool2d(x, 2)
            x = F.relu(norm(vgg.convolutions[layer](x)))
            if layer in layers:
                found[layer] = x
        return found

    @torch.no_grad()
    def standardise(self, vgg: VGG19, pictures: Tensor) -> None:
        """Let every normalisation undo itself on average over the pictures (b 3 h w)."""
        x = pictures - vgg.mean.to(pictures.dtype)
        for layer, norm in self.norms.items():
            assert isinstance(norm, nn.BatchNorm2d)
            if layer.endswith("_1") and layer != "relu1_1":
                x = F.max_pool2d(x, 2)
            x = vgg.convolutions[layer](x)
            variance, mean = torch.var_mean(x.float(), (0, 2, 3), correction=0)
            norm.running_mean, norm.running_var = mean, variance
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.copy_(mean)
            x = F.relu(x)

    @torch.no_grad()
    def folded(self, vgg: VGG19) -> VGG19:
        """A VGG-19 that computes what this does when it is not trained."""
        plain = VGG19()
        plain.load_state_dict(vgg.state_dict())
        for layer, norm in self.norms.items():
            assert isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            weight, bias = plain.parameters_of(layer)
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            weight.mul_(scale.view(-1, 1, 1, 1))
            bias.copy_((bias - norm.running_mean) * scale + norm.bias)
        return plain


class AdaIN(nn.Module):
    """What is trained: the decoder, and the encoder's batch normalisations if it has any.

    ``features`` (b 512 h/8 w/8 at relu4_1) and ``code`` (b k: for each depth means, then deviations) → pastiche.
    """

    def __init__(self, depths: Sequence[str] = (ENCODED,), width: int = 64, *, batch_norm: bool = False) -> None:
        super().__init__()
        self.depths = tuple(layer for layer in VGG19.layers if layer in depths)
        self.encoder = BatchNormEncoder() if batch_norm else None
        self.decoder = MirroredDecoder(channels_of(ENCODED), width)

    def forward(self, features: Tensor, code: Tensor) -> Tensor:
        return self.decode(self.exchange(features, code), code)

    def exchange(self, features: Tensor, code: Tensor) -> Tensor:
        """Features with the code's statistics at relu4_1: the paper's t, eq. 10."""
        return adain(features, *self._statistics(code)[ENCODED])

    def decode(self, exchanged: Tensor, code: Tensor) -> Tensor:
        """The pastiche of exchanged features."""
        statistics = self._statistics(code)
        if len(statistics) == 1:
            return self.decoder(exchanged)
        return self.decoder(exchanged, lambda stage, x: adain(x, *statistics[stage]) if stage in statistics else x)

    def _statistics(self, code: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        found, place = {}, 0
        for layer in self.depths:
            size = channels_of(layer)
            found[layer] = code[:, place : place + size], code[:, place + size : place + 2 * size]
            place += 2 * size
        return found


def code_size(depths: Sequence[str]) -> int:
    """Numbers in a style's code: means and deviations at each depth."""
    return 2 * sum(channels_of(layer) for layer in depths)


def code_of(features: dict[str, Tensor], depths: Sequence[str]) -> Tensor:
    """The code (b k) of a picture's features at the depths, shallow to deep."""
    parts = [part[:, :, 0, 0] for layer in depths for part in moments(features[layer])]
    return torch.cat(parts, 1)
