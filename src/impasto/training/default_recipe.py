"""The recipe of the default model: which losses, on what, with which weights (docs/default-model.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.image.color import color_statistics, monge_kantorovich
from impasto.image.levels import Pixels
from impasto.losses.temporal import carried, temporal_loss
from impasto.models.painter import Painter, PainterConfig, recolored
from impasto.models.style_encoder import MOMENT_LAYERS, StyleEncoder, moments_vector
from impasto.nn.border import to_border
from impasto.nn.vgg import VGG19
from impasto.training.arithmetic import Arithmetic
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batch, Batches, ContentView, StyleView, middle
from impasto.training.two_scales import ContentTarget, StyleTarget, TwoScales

STYLES_FOR_STANDARDISING = 256


class DefaultModel(nn.Module):
    """What is trained and shipped: the style encoder's perceptron and the painter."""

    def __init__(self, config: PainterConfig) -> None:
        super().__init__()
        self.encoder = StyleEncoder(config.code_size)
        self.painter = Painter(config)


def painter_config(options: DefaultTrainOptions) -> PainterConfig:
    """The sizes of the painter that these options train."""
    o = options
    return PainterConfig(
        code_size=o.code_size,
        width=o.width,
        bottleneck=o.bottleneck,
        blocks=o.blocks,
        quarter_blocks=o.quarter_blocks,
        deep=o.deep,
        grain=o.grain,
        low_frequency=o.low_frequency,
    )


class Targets:
    """What pastiches are compared with, computed once for each view of a photo or artwork and kept in half precision.

    One view is computed at a time and always rounded, so a value does not depend on when, or beside what, it was first
    asked for.
    """

    def __init__(self, vgg: VGG19, batches: Batches) -> None:
        self._scales = TwoScales(vgg)
        self._arithmetic = Arithmetic(vgg.mean.device, vgg.mean.dtype)
        self._batches = batches
        self._styles: dict[StyleView, tuple[StyleTarget, tuple[NDArray[np.float64], NDArray[np.float64]]]] = {}
        self._contents: dict[ContentView | StyleView, ContentTarget] = {}

    def styles(self, views: Sequence[StyleView]) -> StyleTarget:
        """Statistics of the views, those of :data:`MOMENT_LAYERS` at full size among them."""
        return StyleTarget.stack([self._style(view)[0] for view in views])

    def colors(self, views: Sequence[StyleView]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Colour means (b 3) and covariances (b 3 3) of the views."""
        means, covariances = zip(*(self._style(view)[1] for view in views), strict=True)
        return np.stack(means), np.stack(covariances)

    def contents(self, batch: Batch) -> ContentTarget:
        """Features of the batch's photos."""
        return ContentTarget.stack(
            [self._content(view, pixels) for view, pixels in zip(batch.views, batch.content, strict=True)]
        )

    def terms(self, pastiches: Tensor, photos: Tensor, tinted: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The losses of :class:`TwoScales`, each b values, before weights."""
        return self._scales.terms(pastiches, photos, tinted, self.contents(batch), self.styles(batch.styles))

    def _style(self, view: StyleView) -> tuple[StyleTarget, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        if view not in self._styles:
            pixels = self._batches.style_pixels(view)
            target = self._scales.style_of(self._arithmetic.pictures(pixels[None]), MOMENT_LAYERS)
            self._styles[view] = target.kept(), color_statistics(pixels)
        return self._styles[view]

    def _content(self, view: ContentView | StyleView | None, pixels: Pixels) -> ContentTarget:
        found = None if view is None else self._contents.get(view)
        if found is None:
            found = self._scales.content_of(self._arithmetic.pictures(pixels[None])).kept()
            if view is not None:
                self._contents[view] = found
        return found


def recolor_matrices(
    contents: Pixels, means: NDArray[np.float64], covariances: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The affine recolouring (b 3 4) from each photo's palette to its style's."""
    found = [color_statistics(pixels) for pixels in contents]
    return monge_kantorovich(np.stack([m for m, _ in found]), np.stack([c for _, c in found]), means, covariances)


class DefaultRecipe:
    """Painter on VGG moments.

    Its losses are those of :class:`TwoScales`, of SSIM, total variation, range and grid, and of identity for the pairs
    that teach it strength.
    """

    name = "default"
    notes: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, options: DefaultTrainOptions, vgg: VGG19, batches: Batches, targets: Targets | None = None
    ) -> None:
        self.options = options
        self.arithmetic = Arithmetic.of(options)
        self._vgg = self.arithmetic.frozen(vgg)
        self._batches = batches
        self._targets = targets or Targets(self._vgg, batches)  # recipes on the same batches may share theirs
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            model = DefaultModel(painter_config(options))
        self.model = self.arithmetic.placed(model)
        self.weights = {
            "content": options.content_weight,
            "structure": options.structure_weight,
            "style": options.style_weight,
            "gram": options.gram_weight,
            "detail": options.detail_weight,
            "flow": options.flow_weight,
            "stain": options.stain_weight,
            "fading": options.fading_weight,
            "ssim": options.ssim_weight,
            "tv": options.tv_weight,
            "range": options.range_weight,
            "grid": options.grid_weight,
            "identity": options.identity_weight,
        }
        if options.temporal_weight:
            self.weights["temporal"] = options.temporal_weight

    def prepare(self) -> None:
        """Measure the style moments' mean and deviation; called for a new run only, a resumed one has them."""
        count = min(STYLES_FOR_STANDARDISING, len(self._batches.style))
        moments = [moments_vector(self._targets.styles([StyleView(index, 0)]).full) for index in range(count)]
        self.model.encoder.standardise(torch.cat(moments))

    def batch(self, step: int, progress: float) -> Batch:
        """The pairs of a step."""
        o = self.options
        small = progress < o.small_fraction and o.small_crop < o.crop
        return self._batches.draw(step, o.batch * 2 if small else o.batch, o.small_crop if small else o.crop)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Every named loss term of a batch, each the mean over its pictures, before weights."""
        array = self.arithmetic.array
        content, code, recolor = self._inputs(batch)
        pastiche = self._paint(self.model.painter, content, code, recolor, batch)
        terms = self._targets.terms(pastiche, content, recolored(content, recolor), batch)
        terms["identity"] = (pastiche - content).square().mean((1, 2, 3)) * array(batch.identity)
        if "temporal" in self.weights:
            motions = array(batch.motions)
            moved, _ = carried(content, motions)
            expected, known = carried(pastiche, motions)
            terms["temporal"] = temporal_loss(
                self._paint(self.model.painter, moved, code, recolor, batch), expected, known
            )
        return {name: term.mean() for name, term in terms.items()}

    def _inputs(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """What a painter gets of a batch: photos (b 3 h w), style codes (b k) and recolouring (b 3 4)."""
        recolor = recolor_matrices(batch.content, *self._targets.colors(batch.styles))
        code = self.model.encoder(moments_vector(self._targets.styles(batch.styles).full))
        return self.arithmetic.pictures(batch.content), code, self.arithmetic.array(recolor)

    def _paint(self, painter: Painter, content: Tensor, code: Tensor, recolor: Tensor, batch: Batch) -> Tensor:
        with self.arithmetic.autocast():
            pastiche: Tensor = painter(content, code, recolor, self.arithmetic.array(batch.origins))
        return pastiche.float()

    @torch.no_grad()
    def preview(self, weights: Mapping[str, Tensor]) -> Pixels:
        """A contact sheet painted with the given weights, uint8 h×w×3: four photos across, four artworks down."""
        side, count = Batches.STYLE_SIDE, 4
        arithmetic = self.arithmetic
        model = arithmetic.placed(DefaultModel(painter_config(self.options)))
        model.load_state_dict(weights)
        model.eval()
        photos = [middle(pixels, side) for pixels in self._batches.content.pictures[:count]]
        rows = [[np.full((side, side, 3), 255, np.uint8), *photos]]
        for index in range(min(count, len(self._batches.style))):
            style = [StyleView(index, 0)]
            code = model.encoder(moments_vector(self._targets.styles(style).full))
            color = self._targets.colors(style)
            painted = [
                model.painter(
                    arithmetic.pictures(photo[None]), code, arithmetic.array(recolor_matrices(photo[None], *color))
                )
                for photo in photos
            ]
            pixels = [np.asarray(to_border(one)[0].cpu()) for one in painted]
            rows.append([self._batches.style_pixels(style[0]), *pixels])
        return np.concatenate([np.concatenate(row, axis=1) for row in rows])
