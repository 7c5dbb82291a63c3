"""Painting part by part: what painting must know of the whole picture is measured first, and given to every part.

The network normalises by statistics of the whole picture, so that a part painted alone would look otherwise than in it.
``docs/tiles.md`` tells how the statistics are found and how the parts fit together.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import WeightsError
from impasto.image.levels import Depth, full_scale, quantized
from impasto.inference.engine import Engine, Graph
from impasto.inference.float_border import ADDED
from impasto.weights.difference import Shares
from impasto.weights.manifest import MEASURE, PAINT_FIXED, Manifest

__all__ = ["Modulation", "PartPainter"]

GRAIN_PIXEL = 4
FIXED_SHAPES = 2  # of parts: those of one picture are alike


@dataclass(frozen=True, eq=False)
class Modulation:
    """All that painting must know of a whole picture. Those of a film's frames may be averaged, to steady it.

    Attributes:
        norms: float32[M], for every normalisation of the network the scales and the shifts of its feature maps.
        recolor: float32[3, 4], the affine map from the picture's palette to the style's, in units of [0, 1].
        differences: of the learnt styles whose painter measured it.
    """

    norms: NDArray[np.float32]
    recolor: NDArray[np.float32]
    differences: Shares = ()


class PartPainter:
    """Runs a model's graphs of parts; each is opened when it is first needed. To be shared between threads.

    Args:
        fixed_shapes: how many of the first shapes are prepared for; with 0 a part is painted the same to the last bit
            whatever came before it.

    Raises:
        WeightsError: the model has no such graphs.
    """

    def __init__(self, manifest: Manifest, engine: Engine, fixed_shapes: int = FIXED_SHAPES) -> None:
        if not manifest.paints_parts:
            raise WeightsError(
                f"the model {manifest.name!r} paints pictures only as a whole; export it again, so that it can paint "
                "larger ones part by part"
            )
        self._manifest = manifest
        self._engine = engine
        self._fixed_shapes = fixed_shapes
        self._graphs: dict[tuple[str, bool], Graph] = {}
        self._lock = threading.Lock()

    def measure(
        self,
        parts: NDArray[Depth],
        code: NDArray[np.float32],
        recolor: NDArray[np.float32],
        *,
        places: Sequence[tuple[int, int]] = ((0, 0),),
        margin: int = 0,
    ) -> Modulation:
        """Measure a picture on parts of it, or on itself as the only part.

        Args:
            parts: uint8 or uint16 n×h×w×3, sides as the model takes them.
            code: the learnt part of a style code, float32[K].
            recolor: float32[3, 4], as in :class:`Modulation`.
            places: row and column of each part in the picture, multiples of 4 pixels.
            margin: pixels around each part that do not count.
        """
        inputs = {"code": code[None], "recolor": recolor[None], "margin": np.array([margin])}
        graph, content = self._opened(MEASURE, parts)
        norms = graph(content=content, **inputs, **self._origin(places))[0]
        graph.release()  # it may be needed once in a long while
        return Modulation(np.array(norms), recolor)

    def paint(self, part: NDArray[Depth], modulation: Modulation, place: tuple[int, int] = (0, 0)) -> NDArray[Depth]:
        """Paint a part, uint8 or uint16 h×w×3, sides as the model takes them; what is near a cut is of no use.

        Args:
            place: its row and column in the picture, multiples of 4 pixels.
        """
        graph, content = self._opened(PAINT_FIXED, part[None])
        inputs = {"modulation": modulation.norms[None], "recolor": modulation.recolor[None]}
        painted: NDArray[Any] = graph(content=content, **inputs, **self._origin([place]))[0]
        if part.dtype == np.uint8:
            return painted
        return quantized((painted - np.float32(ADDED)) * np.float32(full_scale(part) / 255), part.dtype)

    def release(self) -> None:
        """Give back the memory that was needed to paint parts."""
        with self._lock:
            graphs = list(self._graphs.values())
        for graph in graphs:
            graph.release()

    def _opened(self, file: str, content: NDArray[Any]) -> tuple[Graph, NDArray[Any]]:
        """A graph, and the pixels as it takes them: of 16 bits as floats on the scale of 8."""
        deep = content.dtype != np.uint8
        with self._lock:
            if (file, deep) not in self._graphs:
                graph = self._engine.open(self._manifest, file, fixed_shapes=self._fixed_shapes, deep=deep)
                self._graphs[file, deep] = graph
            graph = self._graphs[file, deep]
        return graph, content * np.float32(255 / full_scale(content)) if deep else content

    def _origin(self, places: Sequence[tuple[int, int]]) -> dict[str, NDArray[Any]]:
        if not self._manifest.grain:
            return {}
        return {"origin": np.array(places, np.int64) // GRAIN_PIXEL}
