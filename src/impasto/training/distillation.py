"""A smaller painter that copies the pictures of a larger one (Hinton, Vinyals & Dean 2015, of networks that classify).

No step looks at VGG's features, so it costs a fraction of one of :mod:`impasto.training.default_recipe`. Both have the
same style encoder: a style code means the same to both, and presets and saved styles paint with either.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impasto import losses
from impasto.errors import UsageError
from impasto.nn.vgg import VGG19
from impasto.training.config import DefaultTrainOptions
from impasto.training.data import Batch, Batches
from impasto.training.default_recipe import DefaultRecipe
from impasto.training.warm_start import exported_model
from impasto.weights.catalog import find_model

__all__ = ["DistilledRecipe"]

WEIGHTS = {"pixels": 10.0, "ssim": 1.0, "detail": 0.5, "grid": 2000.0}


class DistilledRecipe(DefaultRecipe):
    """Pixels, structure of luma and fine detail as the teacher paints them; the encoder is the teacher's and stays.

    Raises:
        UsageError: the teacher has style codes of another size.
    """

    def __init__(self, options: DefaultTrainOptions, vgg: VGG19, batches: Batches) -> None:
        super().__init__(options, vgg, batches)
        manifest = find_model(options.teacher or "default")
        if manifest.code_size != options.code_size:
            raise UsageError(
                f"the teacher's codes have {manifest.code_size} numbers and the new model's {options.code_size}: "
                f"give --code-size {manifest.code_size}"
            )
        self.weights = dict(WEIGHTS)
        self._teacher = self.arithmetic.placed(exported_model(manifest).requires_grad_(False))
        self.model.encoder.load_state_dict(self._teacher.encoder.state_dict())
        self.model.encoder.requires_grad_(False)

    def prepare(self) -> None:
        """Nothing: the moments' mean and deviation are the teacher's."""

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Every named loss term of a batch, each the mean over its pictures, before weights."""
        inputs = self._inputs(batch)
        with torch.no_grad():
            wanted = self._paint(self._teacher.painter, *inputs, batch).clamp(0, 1)
        pastiche = self._paint(self.model.painter, *inputs, batch)
        terms = {
            "pixels": (pastiche - wanted).abs().mean((1, 2, 3)),
            "ssim": losses.structural_dissimilarity(pastiche, wanted),
            "detail": losses.detail_loss(pastiche, losses.detail(wanted)),
            "grid": losses.grid_penalty(pastiche),
        }
        return {name: term.mean() for name, term in terms.items()}
