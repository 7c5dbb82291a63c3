"""Exported models as networks that can be trained: to begin a run with, to learn on top of, to copy."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from impasto.errors import UsageError, WeightsError
from impasto.models.painter import Painter, PainterConfig
from impasto.nn.norm import ConditionalInstanceNorm
from impasto.training.default_recipe import DefaultModel
from impasto.weights.manifest import ENCODE_STYLE, PAINT, Manifest


def exported_model(manifest: Manifest) -> DefaultModel:
    """The network of an exported default model.

    Raises:
        UsageError: the manifest does not tell the painter's sizes.
        WeightsError: the exported model is damaged.
    """
    told = manifest.training
    try:
        config = PainterConfig(**{name: int(told[name]) for name in PainterConfig().as_dict() if name in told})
    except (TypeError, ValueError) as error:
        raise UsageError(f"the manifest of {manifest.name!r} lacks the painter's sizes ({error})") from None
    model = DefaultModel(config)
    load_exported(model, manifest)
    return model


def load_exported(model: nn.Module, manifest: Manifest) -> None:
    """Give a default model the weights of an exported one of the same sizes, rounded to half precision there.

    Raises:
        WeightsError: the exported model is damaged, or of other sizes.
        UsageError: the model to be trained is of another family.
    """
    if not isinstance(model, DefaultModel):
        raise UsageError("only the default family can begin with an exported model; leave that out")
    stored: dict[str, Tensor] = {}
    for file in (ENCODE_STYLE, PAINT):
        stored |= _initializers(manifest.read(file))
    own = model.state_dict()
    found = {name: value for name, value in stored.items() if name in own}
    found |= _norms(model.painter, stored)
    if model.painter.config.grain:
        # The export has the stem's two convolutions as one, in older models under a name of the exporter's.
        maps = own["painter.stem.conv.weight"].shape[1]
        shape = (model.painter.config.width, maps + model.painter.config.grain, 3, 3)
        for name, value in stored.items():
            if name not in own and tuple(value.shape) == shape:
                found["painter.stem.conv.weight"], found["painter.stem_grain"] = value[:, :maps], value[:, maps:]
    missing = sorted(own.keys() - found.keys())
    wrong = sorted(name for name, value in found.items() if value.shape != own[name].shape)
    if missing or wrong:
        raise WeightsError(
            f"the model {manifest.name!r} has no {(missing + wrong)[0]} of the size that these options ask for: begin "
            "with a model of the same sizes, or give its sizes as options"
        )
    model.load_state_dict(found)


def _norms(painter: Painter, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every norm's affine map, which the export has as one (:func:`impasto.export.graphs.all_affine`)."""
    norms = [(name, one) for name, one in painter.named_modules() if isinstance(one, ConditionalInstanceNorm)]
    sizes = [one.affine.out_features for _, one in norms]
    weight, bias = stored.get("affine.weight"), stored.get("affine.bias")
    if weight is None or bias is None or len(weight) != sum(sizes):
        return {}
    found = {}
    for (name, _), part, shift in zip(norms, weight.split(sizes), bias.split(sizes), strict=True):
        found[f"painter.{name}.affine.weight"] = part
        found[f"painter.{name}.affine.bias"] = shift - torch.tensor([1.0, 0.0]).repeat_interleave(len(shift) // 2)
    return found


def _initializers(graph: bytes) -> dict[str, Tensor]:
    """Every weight of a graph as float32, what :func:`impasto.export.onnx.compress` did to it undone."""
    tensors = {one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(graph).graph.initializer}
    found = {}
    for name, value in tensors.items():
        if name.endswith(".indices"):
            name = name.removesuffix(".indices")  # noqa: PLW2901 - the weight's own name from here on
            value = tensors[f"{name}.table"][value]  # noqa: PLW2901
        found[name.removesuffix(".half")] = torch.from_numpy(value.copy()).float()
    return found
