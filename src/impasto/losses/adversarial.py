"""Adversarial loss of style: a small network learns, step by step, to tell the pastiche's patches from the style's."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from impasto.errors import ImageError

PATCH = 18
"""Side of the patches that are judged, in pixels."""
CROP = 128
RATE = 1e-3
_SLOPE = 0.2


class PatchDiscriminator:
    """Judges every 18×18 patch, at a stride of 4 pixels: 1 for the style's, 0 for a pastiche's.

    Patches as in Isola et al. 2017, section 3.2.2, of one style; least squares as in Mao et al. 2017, eq. 2 (a = 0,
    b = c = 1). It has state, so it is no function: ``update`` trains it, ``loss`` does not.

    Args:
        style: The style picture, 1 3 h w in [0, 1], float32 (float64 makes a float64 network).
        seed: Of the first weights and of the crops; the global generators are left alone.

    Raises:
        ImageError: A side of the style is below 18 pixels.
    """

    def __init__(self, style: Tensor, seed: int) -> None:
        height, width = style.shape[2:]
        if min(height, width) < PATCH:
            raise ImageError(
                f"a style of {width}×{height} pixels is too small for the adversarial loss, which judges patches of "
                f"{PATCH}×{PATCH}: give a larger one"
            )
        self._style = style.detach()
        self._generator = torch.Generator().manual_seed(seed)
        # Constructors would draw from the global generator.
        self._network = nn.Sequential(
            nn.utils.skip_init(nn.Conv2d, 3, 32, 4, 2, dtype=style.dtype),
            nn.LeakyReLU(_SLOPE),
            nn.utils.skip_init(nn.Conv2d, 32, 64, 4, 2, dtype=style.dtype),
            nn.LeakyReLU(_SLOPE),
            nn.utils.skip_init(nn.Conv2d, 64, 64, 3, dtype=style.dtype),
            nn.LeakyReLU(_SLOPE),
            nn.utils.skip_init(nn.Conv2d, 64, 1, 1, dtype=style.dtype),
        )
        for name, parameter in self._network.named_parameters():
            if name.endswith("weight"):
                nn.init.kaiming_normal_(parameter, _SLOPE, generator=self._generator)
            else:
                nn.init.zeros_(parameter)
        self._optimizer = torch.optim.Adam(self._network.parameters(), RATE, betas=(0.5, 0.99))

    def update(self, pictures: Tensor) -> float:
        """Train one step on crops, at most 128², of the style and of each picture (b 3 h w); its loss before the step.

        ½ mean (D(style) − 1)² + ½ mean D(picture)²: 0 when it tells all patches apart, ¼ when it cannot.
        """
        self._network.requires_grad_(True)
        with torch.enable_grad():
            of_style = self._network(self._crop(self._style))
            of_pictures = self._network(self._crop(pictures.detach()))
            loss = ((of_style - 1).square().mean() + of_pictures.square().mean()) / 2
            self._optimizer.zero_grad()
            loss.backward()
        self._optimizer.step()
        return loss.item()

    def loss(self, pictures: Tensor) -> Tensor:
        """½ mean (D(picture) − 1)² of each picture, shape b; pictures b 3 h w, sides of at least 18."""
        self._network.requires_grad_(False)
        return (self._network(self._scaled(pictures)) - 1).square().mean((1, 2, 3)) / 2

    def state_dict(self) -> dict[str, Any]:
        """What continues the training exactly: tensors and plain values."""
        return {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # which torch would share
        self._generator.set_state(state["generator"])

    def _crop(self, pictures: Tensor) -> Tensor:
        height, width = (min(side, CROP) for side in pictures.shape[2:])
        top, left = (
            int(torch.randint(side - crop + 1, (), generator=self._generator))
            for side, crop in zip(pictures.shape[2:], (height, width), strict=True)
        )
        return self._scaled(pictures[..., top : top + height, left : left + width])

    def _scaled(self, pictures: Tensor) -> Tensor:
        return (pictures.to(self._style.dtype) * 2 - 1).contiguous(memory_format=torch.channels_last)
