"""Beginning a run with what another has learnt: one of its family, or of another that paints with a TransferNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from impasto.errors import CheckpointError, UsageError
from impasto.models.adain import AdaIN
from impasto.models.ghiasi import Ghiasi
from impasto.models.style_bank import StyleBank
from impasto.models.transfer_net import TransferNet
from impasto.training.checkpoint import family_of, trained_weights
from impasto.training.recipe import Recipe

__all__ = ["begin_with_run"]

NET = "net."


def begin_with_run(recipe: Recipe[Any], state: dict[str, Any]) -> None:
    """Give the recipe's model the averaged weights of a checkpoint's run.

    An AdaIN whose encoder has batch normalisation begins with one that has none, too: they begin as the identity.

    From Johnson's network or Dumoulin's, either of them and Ghiasi's take the convolutions as they are, and scales and
    shifts of the styles that both know by name; every other style begins at the mean of those that the run knows.

    Raises:
        UsageError: the families have no network in common.
        CheckpointError: the run's network has other sizes.
    """
    family, weights = family_of(state), trained_weights(state)
    model = recipe.model
    try:
        known, styles = (notes.get("styles", []) for notes in (state["notes"], recipe.notes))
        if family == recipe.name and (family != "cin" or known == styles):
            model.load_state_dict({**_new_encoder(model, weights), **weights})
        elif isinstance(model, (TransferNet, StyleBank, Ghiasi)) and family in ("johnson", "cin"):
            if "batch" in (state["options"].get("norm"), _net(model).config.norm):
                raise UsageError(f"{recipe.name} can begin with a run of {family} only with --norm instance, not batch")
            _begin_transfer_net(model, weights, known, styles)
        else:
            raise UsageError(f"{recipe.name} cannot begin with a run of {family}: give one of {recipe.name}")
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(
            f"the run to begin with, of {family}, has a network of other sizes: give its sizes as options"
        ) from error


@torch.no_grad()
def _begin_transfer_net(
    model: TransferNet | StyleBank | Ghiasi, weights: Mapping[str, Tensor], known: Sequence[str], styles: Sequence[str]
) -> None:
    net = _net(model)
    norms = _norms(net)
    stored = {name.removeprefix(NET): value for name, value in weights.items()}
    if "table" in stored:
        rows = torch.cat([stored["fixed"], stored["table"]])
    else:
        rows = torch.cat([stored[f"{name}.{part}"] for name in norms for part in ("weight", "bias")])[None]
    own = net.state_dict()
    net.load_state_dict({name: value if ".norm." in name else stored[name] for name, value in own.items()})
    if isinstance(model, Ghiasi):
        model.modulate.bias.copy_(rows.mean(0))
        return
    wanted = torch.stack([rows[known.index(style)] if style in known else rows.mean(0) for style in styles])
    if isinstance(model, StyleBank):
        model.table.copy_(wanted[len(model.fixed) :])
        return
    place = 0
    for norm in norms.values():
        for part in (norm.weight, norm.bias):
            part.copy_(wanted[0, place : place + len(part)])
            place += len(part)


def _new_encoder(model: Any, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The batch normalisations of an AdaIN's encoder, where the run had none."""
    if not isinstance(model, AdaIN):
        return {}
    return {
        name: value for name, value in model.state_dict().items() if name.startswith("encoder.") and name not in weights
    }


def _norms(net: TransferNet) -> dict[str, Any]:
    """The normalisations by name, as they were built: so a modulation has their scales and shifts, too."""
    return {name: one for name, one in net.named_modules() if name.endswith(".norm")}


def _net(model: TransferNet | StyleBank | Ghiasi) -> TransferNet:
    return model if isinstance(model, TransferNet) else model.net
