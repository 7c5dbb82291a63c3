"""The style codes of photos themselves, between which and the style's less than full strength paints."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from impasto.inference.codes import Code

__all__ = ["OwnCodes"]

REMEMBERED = 8


class OwnCodes:
    """Encodes photos and remembers the last few; safe to share between threads.

    Encoding costs several times what painting does, and one photo is often painted with one strength after another.

    Args:
        encode: gives the style code of a picture.
    """

    def __init__(self, encode: Callable[[NDArray[np.uint8]], Code]) -> None:
        self._encode = encode
        self._codes: dict[tuple[tuple[int, ...], bytes], Code] = {}
        self._lock = threading.Lock()

    def __getitem__(self, photo: NDArray[np.uint8]) -> Code:
        """The photo's own code, float32[K + 12]."""
        key = (photo.shape, hashlib.blake2b(np.ascontiguousarray(photo).data).digest())
        with self._lock:
            code = self._codes.pop(key, None)
        if code is None:
            code = self._encode(photo)
        with self._lock:
            self._codes[key] = code
            while len(self._codes) > REMEMBERED:
                del self._codes[next(iter(self._codes))]
        return code
