"""Films of high dynamic range on ordinary screens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impasto.image.tags import TO_LIGHT

__all__ = ["HDR_TRANSFERS", "ToneMap"]

HDR_TRANSFERS = tuple(TO_LIGHT)  # ITU-T H.273's numbers of PQ and HLG
# ITU-R BT.2087: linear light of BT.2020's primaries in BT.709's.
TO_BT709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]], np.float32
)
LEVELS = 4096  # of light, by which it is stored again


class ToneMap:
    """From stored values of a film in PQ or HLG to sRGB: what is brighter than paper is compressed.

    Args:
        transfer: one of :data:`HDR_TRANSFERS`.
    """

    def __init__(self, transfer: int) -> None:
        self._light = TO_LIGHT[transfer](np.linspace(0, 1, 65_536)).astype(np.float32)
        light = np.linspace(0, 1, LEVELS) ** 2  # finer where it is dark
        stored = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
        self._stored = np.rint(255 * stored).astype(np.uint8)

    def __call__(self, values: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """A frame, uint8 h×w×3, from uint16 h×w×3 of BT.2020's colours."""
        light = np.clip(self._light[values] @ TO_BT709.T, 0, 1)
        found: NDArray[np.uint8] = self._stored[np.rint(np.sqrt(light) * (LEVELS - 1)).astype(np.intp)]
        return found
