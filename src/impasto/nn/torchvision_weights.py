"""torchvision's weights of VGG-19 and VGG-16: the file they publish, or one of the same format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.nn.vgg import VGG, VGG16, VGG19
from impasto.nn.weights_file import cached, check_name, fetch, read_tensors

__all__ = ["URLS", "find_or_fetch", "load_state_dict"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
URLS = {
    VGG19.title: "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    VGG16.title: "https://download.pytorch.org/models/vgg16-397923af.pth",
}


def find_or_fetch(vgg: VGG, *, may_fetch: bool) -> Path:
    """torchvision's file for this network, in the cache or, if it may, from the network (0.5 GB).

    Raises:
        WeightsError: it is not in the cache and may not or cannot be fetched.
    """
    url = URLS[vgg.title]
    if may_fetch or cached(url).is_file():
        return fetch(url)
    raise WeightsError(
        f"{vgg.title}'s weights are not here: give the path of torchvision's {cached(url).name}, or have it fetched."
    )


@torch.no_grad()
def load_state_dict(vgg: VGG, path: Path) -> None:
    """Load a torchvision state dict (``features.0.weight``, ``features.0.bias``, ...) into a network that is new.

    torchvision's preprocessing, (picture − mean) / std, is folded in: the mean becomes ``vgg.mean``, the deviation
    scales the first convolution. A file whose name ends in a hash is checked against it.

    Raises:
        WeightsError: the file is missing or damaged, holds no such state dict, or that of another network.
    """
    check_name(path)
    stored = read_tensors(path)
    kernels = {name for name, tensor in stored.items() if name.startswith("features.") and tensor.ndim == 4}
    if not kernels:
        raise WeightsError(f"{path} holds no torchvision VGG: expected tensors named features.0.weight and so on.")
    if kernels != {f"{name}.weight" for name, _ in _names(vgg)} or not _fits(vgg, stored):
        other = next((one.title for one in (VGG19(), VGG16()) if _fits(one, stored)), "another network")
        raise WeightsError(f"{path} holds the weights of {other}, expected those of {vgg.title}.")
    for name, layer in _names(vgg):
        weight, bias = vgg.parameters_of(layer)
        weight.copy_(stored[f"{name}.weight"])
        bias.copy_(stored[f"{name}.bias"])
    vgg.mean.copy_(torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
    vgg.parameters_of(vgg.layers[0])[0].div_(torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))


def _names(vgg: VGG) -> Iterator[tuple[str, str]]:
    """torchvision's name of each convolution, and ours: it numbers convolutions, ReLUs and poolings together."""
    number = 0
    for layer in vgg.layers:
        if layer.endswith("_1") and number:
            number += 1
        yield f"features.{number}", layer
        number += 2


def _fits(vgg: VGG, stored: Mapping[str, Tensor]) -> bool:
    def shape(name: str) -> torch.Size | None:
        return stored[name].shape if name in stored else None

    return all(
        (shape(f"{name}.weight"), shape(f"{name}.bias")) == tuple(one.shape for one in vgg.parameters_of(layer))
        for name, layer in _names(vgg)
    )
