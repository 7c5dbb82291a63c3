"""From a checkpoint to what its family exports: the modules, and the facts that a manifest tells of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from impasto.export.family_graphs import (
    AdaINPainter,
    EncodePredicted,
    EncodeTokens,
    PaintFamily,
    SelectedMoments,
    TokenPainter,
)
from impasto.export.graphs import EncodeStyle
from impasto.models.adain import ENCODED, code_size
from impasto.models.style_bank import StyleBank
from impasto.models.style_encoder import MOMENT_LAYERS
from impasto.models.stytr2 import PATCH
from impasto.models.transfer_net import MULTIPLE, TransferNet
from impasto.nn.efficientnet_lite_weights import load_efficientnet_lite0
from impasto.nn.vgg import channels_of
from impasto.nn.vgg_weights import channel_means, load_vgg19
from impasto.training.adain_recipe import build_adain
from impasto.training.checkpoint import family_of
from impasto.training.families import find_family
from impasto.training.ghiasi_recipe import PREDICTOR_LAYERS, build_ghiasi
from impasto.training.loop import trained_model
from impasto.training.stytr2_recipe import build_stytr2
from impasto.training.transfer_recipe import network_config

__all__ = ["Exported", "exported"]

OWN = "Apache-2.0"
WITH_VGG = "Apache-2.0; both graphs contain VGG-19 (Simonyan & Zisserman, CC BY 4.0)"
WITH_EFFICIENTNET = "Apache-2.0; encode_style.onnx contains EfficientNet-Lite0 (Apache-2.0)"
ENCODER_STRIDE = 8
PREDICTOR_SIZE = 256
ADAIN_STYLE_SIZE = 384
LARGEST_ATTENDED = 1024 * 512
"""Every patch attends to every other: 8192 of them already take a gigabyte."""


@dataclass(frozen=True)
class Exported:
    """A trained model as modules with the border's types, and its facts."""

    paint: PaintFamily
    encode: nn.Module | None
    code_size: int
    multiple: int
    style_size: int = 256
    style_side: str = "short"
    strength: str = "code"
    mixes: bool = True
    inputs: tuple[str, ...] = ("code",)
    largest: int = 0
    licence: str = OWN

    def facts(self) -> dict[str, Any]:
        """The entries of the manifest that depend on the family."""
        names = ("code_size", "multiple", "style_size", "style_side", "strength", "mixes", "largest", "licence")
        return {**{name: getattr(self, name) for name in names}, "inputs": list(self.inputs)}


def exported(state: dict[str, Any]) -> Exported:
    """The model of a checkpoint of one of :data:`~impasto.training.families.FAMILIES` but the default.

    Raises:
        WeightsError: the weights of a network that the model contains are not installed.
    """
    name = family_of(state)
    options = find_family(name).options.from_dict(state["options"])
    return EXPORTS[name](options, state)


def _johnson(options: Any, state: dict[str, Any]) -> Exported:
    net = trained_model(state, TransferNet(network_config(options, options.norm)))
    return Exported(PaintFamily(net).eval(), None, 1, MULTIPLE, options.style_size, strength="blend", inputs=())


def _cin(options: Any, state: dict[str, Any]) -> Exported:
    fixed, styles = len(state["notes"].get("known", ())), len(state["notes"]["styles"])
    bank = trained_model(state, StyleBank(network_config(options, "conditional"), styles - fixed, fixed))
    return Exported(PaintFamily(bank).eval(), None, styles, MULTIPLE, options.style_size, strength="blend")


def _adain(options: Any, state: dict[str, Any]) -> Exported:
    model = trained_model(state, build_adain(options))
    means: dict[str, Tensor] = channel_means()
    if model.encoder is None:
        vgg = load_vgg19(normalised=False)
    else:
        vgg = model.encoder.folded(load_vgg19())
        means = {layer: torch.ones(channels_of(layer)) for layer in MOMENT_LAYERS}
    encode = EncodeStyle(vgg, means, SelectedMoments(model.depths)).eval()
    paint = PaintFamily(AdaINPainter(vgg, means[ENCODED], model)).eval()
    size = code_size(model.depths)
    return Exported(paint, encode, size, ENCODER_STRIDE, ADAIN_STYLE_SIZE, licence=WITH_VGG)


def _ghiasi(options: Any, state: dict[str, Any]) -> Exported:
    model = trained_model(state, build_ghiasi(options))
    seen = options.predictor == "efficientnet"
    encode = EncodePredicted(model, load_efficientnet_lite0(smoothing=False) if seen else None, PREDICTOR_LAYERS)
    return Exported(
        PaintFamily(model).eval(),
        encode.eval(),
        options.embedding,
        MULTIPLE,
        PREDICTOR_SIZE,
        # EfficientNet's padding depends on the side, and is traced for one.
        style_side="square" if seen else "short",
        licence=WITH_EFFICIENTNET if seen else OWN,
    )


def _stytr2(options: Any, state: dict[str, Any]) -> Exported:
    model = trained_model(state, build_stytr2(options))
    return Exported(
        PaintFamily(TokenPainter(model)).eval(),
        EncodeTokens(model).eval(),
        (options.style_size // PATCH) ** 2 * options.width,
        PATCH,
        options.style_size,
        style_side="square",
        strength="blend",
        mixes=False,
        largest=LARGEST_ATTENDED,
    )


EXPORTS: dict[str, Callable[[Any, dict[str, Any]], Exported]] = {
    "johnson": _johnson,
    "cin": _cin,
    "adain": _adain,
    "ghiasi": _ghiasi,
    "stytr2": _stytr2,
}
