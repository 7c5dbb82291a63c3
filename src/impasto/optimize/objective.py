"""What a pastiche is measured by while it is painted: named terms, each a loss of one layer, and their weights.

    objective = wc · content / content₀ + ws · Σ_style w · Σ_loss w · (Σ_layer w · loss) / loss₀ + wtv · tv

Gatys et al. 2016, eq. 7, with any losses. content₀ is the content loss of a grey picture (the photo's mean colour),
loss₀ that of the photo against the style: so weights mean the same for every loss, layer, network and pair, and one
violent style does not rule several. ``unbalanced`` options leave both at 1, which is the papers' objective.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from impasto.errors import ImageError, UnknownName, UsageError
from impasto.losses import adversarial, catalog, pictures
from impasto.nn.loss_networks import LossNetwork
from impasto.optimize.options import OptimizeOptions

__all__ = ["ADVERSARIAL", "TV", "Objective", "layers_of"]

ADVERSARIAL = "adversarial"
TV = "tv"
TOTAL_VARIATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "squared": pictures.total_variation,
    "isotropic": pictures.isotropic_total_variation,
}
# A photo may lie as near to the style as it likes: weights grow a hundredfold at most, compared with a grey picture's.
NEAREST = 0.01


class Objective:
    """The loss of pictures of one size against one photo and some styles; targets are computed once, when it is made.

    Args:
        network: the loss network, in the precision and memory format that it shall run in.
        photo: 1 3 h w, sRGB in [0, 1], float32.
        styles: style pictures (1 3 h' w' each, any size) and their weights, which are scaled to sum to 1.
        options: layers, losses and weights.
        seed: of losses that draw at random when they prepare their targets.

    Attributes:
        weights: the factor of each term in the objective, by the term's name: ``content relu4_2``, ``gram relu1_1``
            (with several styles ``gram relu1_1 #2``), ``adversarial``, ``tv``.

    Raises:
        UnknownName: a layer or a loss of that name does not exist; near misses are suggested.
        ImageError: the photo or a style is too small for a layer or a loss.
        UsageError: every weight is 0.
    """

    def __init__(
        self,
        network: LossNetwork,
        photo: Tensor,
        styles: Sequence[tuple[Tensor, float]],
        options: OptimizeOptions,
        *,
        seed: int = 0,
    ) -> None:
        self.network = network
        self._type = next(network.parameters()).dtype  # type: ignore[attr-defined]  # the protocol's modules have them
        self._tv = TOTAL_VARIATIONS[options.tv]
        self._content_loss = _named("content loss", options.content_loss, catalog.CONTENT_LOSSES)
        losses = options.style_losses
        self._style_losses = {
            name: _named("style loss", name, {**catalog.STYLE_LOSSES, ADVERSARIAL: None}) for name in losses
        }
        self._content_layers, self._style_layers = layers_of(network, options)
        self._check_size("photo", photo, options)
        for number, (style, _) in enumerate(styles, 1):
            self._check_size("style" if len(styles) == 1 else f"style #{number}", style, options)

        self._labels = [""] if len(styles) == 1 else [f" #{number}" for number in range(1, len(styles) + 1)]
        total = sum(weight for _, weight in styles)
        if not total > 0:
            raise UsageError("the weights of the styles are all 0, expected at least one above 0")
        with torch.no_grad():
            self._targets = [self._targets_of(style) for style, _ in styles]
            self.critics = [adversarial.PatchDiscriminator(style, seed) for style, _ in styles if ADVERSARIAL in losses]
            self._content_targets: dict[str, Tensor] = {}
            of_photo: dict[str, float] = {}
            of_grey: dict[str, float] = {}
            generator = torch.Generator().manual_seed(seed)
            for layer, features in self._walk(photo):
                if layer in self._content_layers:
                    self._content_targets[layer] = features.clone()
                if not options.unbalanced:
                    of_photo.update(self._values(layer, features, generator))
            if not options.unbalanced:
                grey = photo.mean((2, 3), keepdim=True).expand_as(photo).contiguous()
                generator.manual_seed(seed)
                for layer, features in self._walk(grey):
                    of_grey.update(self._values(layer, features, generator))
        self.weights = self._weigh([weight / total for _, weight in styles], options, of_photo, of_grey)
        if not any(self.weights.values()):
            raise UsageError("every weight is 0, expected a content, style or total variation weight above 0")

    def terms(self, picture: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Every term (scalar, float32, before weights) of a picture, 1 3 h w, float32, as large as the photo.

        A layer's losses are computed before the next layer is. Autograd goes back in the opposite order, so the
        gradient that they have is not made before the deeper layers are done with theirs; were all losses computed at
        the end, the gradients of all layers would be held at once.
        """
        found: dict[str, Tensor] = {}
        for layer, features in self._walk(picture):
            found.update(self._compare(layer, features, generator))
        for label, critic in zip(self._labels, self.critics, strict=False):
            found[ADVERSARIAL + label] = critic.loss(picture).sum()
        if TV in self.weights:
            found[TV] = self._tv(picture).sum()
        return {name: found[name] for name in self.weights}

    def total(self, terms: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of terms, a scalar."""
        return torch.stack([self.weights[name] * term for name, term in terms.items()]).sum()

    def update_critics(self, picture: Tensor) -> None:
        """Train the adversarial loss's discriminators, if there are any, one step further."""
        for critic in self.critics:
            critic.update(picture.detach())

    def _walk(self, picture: Tensor) -> Iterator[tuple[str, Tensor]]:
        wanted = {*self._content_layers, *self._style_layers}
        pictures = picture.to(self._type, memory_format=torch.channels_last)
        return self.network.walk(pictures, [layer for layer in self.network.layers if layer in wanted])

    def _targets_of(self, style: Tensor) -> dict[str, dict[str, Any]]:
        """What each loss compares with, by loss and layer."""
        comparing = {name: loss for name, loss in self._style_losses.items() if loss is not None}
        targets: dict[str, dict[str, Any]] = {name: {} for name in comparing}
        for layer, features in self._walk(style):
            if layer in self._style_layers:
                for name, loss in comparing.items():
                    targets[name][layer] = loss.target(features)
        return targets

    def _compare(self, layer: str, features: Tensor, generator: torch.Generator | None) -> dict[str, Tensor]:
        found = {}
        if layer in self._content_targets:
            found[f"content {layer}"] = self._content_loss(features, self._content_targets[layer]).sum()
        for label, targets in zip(self._labels, self._targets, strict=True):
            for name, by_layer in targets.items():
                if layer in by_layer:
                    loss = self._style_losses[name].compare(features, by_layer[layer], generator)
                    found[f"{name} {layer}{label}"] = loss.sum()
        return found

    def _values(self, layer: str, features: Tensor, generator: torch.Generator) -> dict[str, float]:
        return {name: term.item() for name, term in self._compare(layer, features, generator).items()}

    def _weigh(
        self,
        shares: Sequence[float],
        options: OptimizeOptions,
        of_photo: Mapping[str, float],
        of_grey: Mapping[str, float],
    ) -> dict[str, float]:
        """What every term is multiplied by; the terms of the photo and of a grey picture are what it is balanced by."""
        weights: dict[str, float] = {}

        def weigh(names: Mapping[str, float], weight: float, against: Callable[[str], float]) -> None:
            reference = 1.0 if options.unbalanced else sum(share * against(name) for name, share in names.items())
            for name, share in names.items():
                weights[name] = weight * share / max(reference, 1e-12) if weight * share else 0.0

        content = {f"content {layer}": share for layer, share in self._content_layers.items()}
        weigh(content, options.content_weight, lambda name: of_grey[name])
        for label, share in zip(self._labels, shares, strict=True):
            for loss, weight in options.style_losses.items():
                scale = options.style_weight * share * weight
                if loss == ADVERSARIAL:
                    weights[loss + label] = scale
                    continue
                layers = {f"{loss} {layer}{label}": one for layer, one in self._style_layers.items()}
                weigh(layers, scale, lambda name: max(of_photo[name], NEAREST * of_grey[name]))
        if options.tv_weight:
            weights[TV] = options.tv_weight
        return weights

    def _check_size(self, what: str, picture: Tensor, options: OptimizeOptions) -> None:
        height, width = picture.shape[2:]
        layers = {*self._content_layers, *self._style_layers} if what == "photo" else set(self._style_layers)
        for layer in layers:
            smallest = 1
            if layer in self._style_layers:
                smallest = max([1, *(loss.smallest for loss in self._style_losses.values() if loss is not None)])
            side = smallest * self.network.stride_of(layer)
            if min(height, width) < side:
                losses = ", ".join(options.style_losses)
                raise ImageError(
                    f"the {what} has {width}×{height} pixels at the scale of painting, but {losses} at {layer} needs "
                    f"{side} a side: give a larger one, a larger --size, --first-size or --style-scale, or an earlier "
                    "layer"
                )


def layers_of(network: LossNetwork, options: OptimizeOptions) -> tuple[dict[str, float], dict[str, float]]:
    """The weight of each content layer and of each style layer; the network's own layers where none are given.

    A weight of 0 for all content, or for all style, leaves its layers in: their terms are still reported.

    Raises:
        UnknownName: the network has no layer of that name.
    """
    content = options.content_layers or dict.fromkeys(network.content_layers, 1.0)
    style = options.style_layers or dict.fromkeys(network.style_layers, 1.0)
    for layer in (*content, *style):
        _named("layer", layer, dict.fromkeys(network.layers), f"the network has {', '.join(network.layers)}")
    return content, style


def _named(kind: str, name: str, known: Mapping[str, Any], remedy: str = "") -> Any:
    if name not in known:
        raise UnknownName(kind, name, known, remedy or _listing(known))
    return known[name]


def _listing(known: Iterable[str]) -> str:
    return f"there are {', '.join(known)}"
