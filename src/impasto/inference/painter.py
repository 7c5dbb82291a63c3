"""One painter: a model's graphs, ready to paint photos whole, in parts and with 16 bits.

A model has one for all styles that were not learnt, and one more for every learnt style or mixture of them, whose
weights are its own (:meth:`impasto.weights.manifest.Manifest.with_differences`).
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.image.color import monge_kantorovich
from impasto.image.levels import Depth, full_scale, quantized
from impasto.image.resize import crop_back, pad_to_multiple
from impasto.inference.codes import Numbers, color_of
from impasto.inference.engine import Engine, FixedShapes, Graph
from impasto.inference.float_border import ADDED
from impasto.inference.parts import PartPainter
from impasto.weights.manifest import PAINT, PAINT_INT8, Manifest

__all__ = ["ModelPainter"]


class ModelPainter:
    """Paints with one set of weights; to be shared between threads.

    Args:
        manifest: of the model, with the differences that are merged into its weights.
        engine: what runs it.
        fixed_shapes: as for :class:`~impasto.inference.stylizer.Stylizer`, after padding.
        repeatable: paint parts the same to the last bit, whatever came before.
    """

    def __init__(self, manifest: Manifest, engine: Engine, fixed_shapes: FixedShapes, *, repeatable: bool) -> None:
        self._manifest = manifest
        self._engine = engine
        self._repeatable = repeatable
        file = PAINT_INT8 if engine.integers and PAINT_INT8 in manifest.files else PAINT
        self._graph = engine.open(manifest, file, fixed_shapes=fixed_shapes)
        self._deep_graph: Graph | None = None  # opened when 16 bits are first painted
        self._lock = threading.Lock()

    def paint(
        self, photo: NDArray[Depth], numbers: Numbers, color: tuple[NDArray[Any], NDArray[Any]]
    ) -> NDArray[Depth]:
        """Paint a photo as a whole.

        Args:
            photo: uint8 or uint16 h×w×3.
            numbers: of the style code, float32[K + 12].
            color: colour mean (3) and covariance (3×3) that stand for the photo's own.
        """
        manifest = self._manifest
        padded, crop = pad_to_multiple(photo, manifest.multiple, manifest.minimum)
        inputs: dict[str, NDArray[Any]] = {}
        if "code" in manifest.inputs:
            inputs["code"] = numbers[None, : manifest.code_size]
        if manifest.recolors:
            inputs["recolor"] = monge_kantorovich(*color, *color_of(numbers))[None]
        if photo.dtype == np.uint8:
            pastiche = self._graph(content=padded[None], **inputs)[0]
            return np.ascontiguousarray(crop_back(pastiche, crop))
        floats = padded[None] * np.float32(255 / full_scale(photo))
        painted = crop_back(self._deep()(content=floats, **inputs)[0], crop) - np.float32(ADDED)
        return quantized(painted * np.float32(full_scale(photo) / 255), photo.dtype)

    @cached_property
    def parts(self) -> PartPainter:
        """What paints pictures part by part.

        Raises:
            WeightsError: the model has no graphs for that.
        """
        if self._repeatable:
            return PartPainter(self._manifest, self._engine, fixed_shapes=0)
        return PartPainter(self._manifest, self._engine)

    def release(self) -> None:
        """Give back the working memory; it is taken again when something is painted."""
        with self._lock:
            opened = [self._graph, self._deep_graph]
        for graph in opened:
            if graph is not None:
                graph.release()

    def _deep(self) -> Graph:
        with self._lock:
            if self._deep_graph is None:
                self._deep_graph = self._engine.open(self._manifest, PAINT, deep=True)
            return self._deep_graph
