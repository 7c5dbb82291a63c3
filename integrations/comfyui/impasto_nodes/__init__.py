"""A ComfyUI node that paints images in the style of a preset or of another image, on the processor.

ComfyUI's images are float tensors b×h×w×c in [0, 1]; a transparency in them is handed on.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from impasto import ImpastoError, LookOptions, Stylizer, compose

COLORS = ("style", "photo-luminance", "photo-histogram", "photo-linear", "photo-hue")


@cache
def stylizer() -> Stylizer:
    """The default model, loaded when it is first used and kept."""
    return Stylizer.load()


class ImpastoStylize:
    """Paint every image of a batch in one style."""

    CATEGORY = "image/style"
    FUNCTION = "paint"
    RETURN_TYPES = ("IMAGE",)
    DESCRIPTION = "Paints images in the style of a preset, or of the first image given as style_image."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - ComfyUI's name
        """What the node asks for, in ComfyUI's terms."""
        presets = [one.name for one in stylizer().presets]
        return {
            "required": {
                "image": ("IMAGE",),
                "style": (presets,),
                "strength": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.5, "step": 0.05}),
                "stroke": ("FLOAT", {"default": 1.0, "min": 0.25, "max": 8.0, "step": 0.25}),
                "color": (list(COLORS),),
            },
            "optional": {"style_image": ("IMAGE",)},
        }

    def paint(
        self,
        image: torch.Tensor,
        style: str,
        strength: float,
        stroke: float,
        color: str,
        style_image: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor]:
        """The pastiches, as many, as high and as wide as the images."""
        look = LookOptions(strength=strength, stroke=stroke, color=color)
        try:
            code = stylizer().resolve(style if style_image is None else _pixels(style_image[0]))
            painted = [compose(stylizer(), _pixels(one), code, look=look) for one in image]
        except ImpastoError as error:
            raise ValueError(str(error)) from None  # which ComfyUI shows beside the node
        colors = torch.from_numpy(np.stack(painted).astype(np.float32) / 255).to(image)
        return (torch.cat([colors, image[..., 3:]], dim=-1),)


def _pixels(image: torch.Tensor) -> np.ndarray:
    colors = image[..., :3].expand(-1, -1, 3) if image.shape[-1] == 1 else image[..., :3]
    return (colors.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


NODE_CLASS_MAPPINGS = {"ImpastoStylize": ImpastoStylize}
NODE_DISPLAY_NAME_MAPPINGS = {"ImpastoStylize": "Impasto: paint in a style"}
