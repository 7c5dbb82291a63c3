"""Activation smoothing: what lets networks with residual connections serve as loss networks."""

from __future__ import annotations

from torch import Tensor

__all__ = ["smooth_activations"]


def smooth_activations(features: Tensor, temperature: float = 1.0) -> Tensor:
    """c·h·w · softmax(features / temperature), the softmax over all channels and pixels of a picture: b c h w → same.

    Residual sums leave a few activations far above the rest, and a Gram matrix sees only those; the softmax spreads
    them. Source: Wang, Li & Vasconcelos, "Rethinking and Improving the Robustness of Image Style Transfer" (SWAG),
    CVPR 2021, section 5. We depart from it in the factor c·h·w, which makes the mean 1 whatever the picture's size, and
    in the temperature (theirs is 1).

    Returns:
        Positive values whose mean over each picture is 1, in the type of ``features``; computed in float32 at least.
    """
    flat = features.flatten(1)
    wide = flat if flat.itemsize > 4 else flat.float()
    smooth = (wide / temperature).softmax(1) * wide.shape[1]
    return smooth.view_as(features).to(features.dtype)
