"""A model's painter in 8-bit integers: smaller, and quicker on processors without bfloat16.

Weights are rounded for each output map, activations for each tensor, between the least and the largest value seen while
photos are painted (Jacob et al. 2018, static quantisation). The first and the last convolution stay as they are: they
see and draw pixels, and cost little. So does whatever is no convolution, such as the norms.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from impasto.errors import TrainingError
from impasto.export import onnx as graphs_to_onnx
from impasto.export.folder import PRESETS, replaced, write_manifest
from impasto.export.probe import probe
from impasto.inference.engine import Engine, FixedShapes, Graph, installed_engines, open_engine
from impasto.inference.speed import paint_milliseconds
from impasto.inference.stylizer import Stylizer
from impasto.training.data import PictureFolder, middle
from impasto.weights.catalog import find_model
from impasto.weights.manifest import MANIFEST, MEASURE, PAINT, PAINT_FIXED, Manifest

__all__ = ["Difference", "quantize"]

PHOTOS = 24  # that activations are measured on
SIDE = 256
LIMIT = 10 / 255

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Difference:
    """Of the pastiches painted with 8-bit integers from those of the model itself, in [0, 1]; and the speed of both.

    ``milliseconds`` are of 512² pixels, ``before`` of the model itself with the same engine and threads.
    """

    engine: str
    mean: float
    milliseconds: float
    before: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def quantize(model: str | Path, photos: Path, folder: Path) -> list[Difference]:
    """Write a copy of a model whose painter computes with 8-bit integers; see this module.

    Its manifest has the model's facts and, in ``quality``, what is returned. It paints no parts: photos above fifty
    megapixels are for the model itself.

    Args:
        model: its name, or its folder.
        photos: a folder of pictures such as will be painted; the first 24 that can be read are used.
        folder: of the new model, which may replace an older one there.

    Raises:
        UnknownName, WeightsError: there is no such model.
        TrainingError: there is no photo; or the result differs by more than ten levels on average, which is no use.
        OutputExists: the folder holds something else.
    """
    source = find_model(model)
    pictures = [middle(pixels, SIDE) for pixels in PictureFolder.load(photos, PHOTOS).pictures]
    inputs = _inputs(source, pictures)
    with replaced(folder) as building:
        for name in source.files:
            if name not in (PAINT, MEASURE, PAINT_FIXED, *_presets(source)):
                (building / name).write_bytes(source.read(name))
        if (source.folder / PRESETS).is_dir():
            shutil.copytree(source.folder / PRESETS, building / PRESETS)
        graphs_to_onnx.write(_quantized(source.graph(PAINT), inputs), building / PAINT)
        facts = json.loads((source.folder / MANIFEST).read_text(encoding="utf-8"))
        facts |= {"name": f"{source.name}-int8", "halo": 0, "quality": {}}
        write_manifest(building, facts)
        found = [_compared(source, building, name, pictures) for name in installed_engines()]
        for one in found:
            if not one.mean <= LIMIT:  # so NaN, too, is refused
                raise TrainingError(
                    f"{one.engine} paints with 8-bit integers what differs by {255 * one.mean:.1f} levels of 255 on "
                    f"average, allowed are {255 * LIMIT:.0f}; give photos more like those to be painted"
                )
        facts["quality"] = {"int8": [one.as_dict() for one in found]}
        write_manifest(building, facts)
    return found


def _presets(source: Manifest) -> list[str]:
    return [name for name in source.files if name.startswith(f"{PRESETS}/")]


class _Recorder:
    """An engine that notes what the painter is called with."""

    def __init__(self, engine: Engine, notes: list[dict[str, NDArray[Any]]]) -> None:
        self.name, self.version, self.device = engine.name, engine.version, engine.device
        self._engine, self._notes = engine, notes

    def open(self, manifest: Manifest, file: str, *, fixed_shapes: FixedShapes = 0, deep: bool = False) -> Graph:
        graph = self._engine.open(manifest, file, fixed_shapes=fixed_shapes, deep=deep)
        return _Noting(graph, self._notes) if file == PAINT else graph

    def devices(self) -> tuple[str, ...]:
        return self._engine.devices()


class _Noting:
    def __init__(self, graph: Graph, notes: list[dict[str, NDArray[Any]]]) -> None:
        self._graph, self._notes = graph, notes

    def __call__(self, **inputs: NDArray[Any]) -> NDArray[Any]:
        self._notes.append({name: np.array(value) for name, value in inputs.items()})
        return self._graph(**inputs)

    def release(self) -> None:
        self._graph.release()


def _inputs(source: Manifest, pictures: Sequence[Picture]) -> list[dict[str, NDArray[Any]]]:
    """What the painter is called with when each picture is painted, each in another style."""
    notes: list[dict[str, NDArray[Any]]] = []
    stylizer = Stylizer(source, _Recorder(open_engine(), notes))
    for picture, style in zip(pictures, _styles(stylizer, pictures), strict=False):
        stylizer.stylize(picture, style)
    return notes


def _styles(stylizer: Stylizer, pictures: Sequence[Picture]) -> Iterator[Any]:
    """Presets, evenly among all; of a model without any, the next picture's style."""
    names = [one.name for one in stylizer.presets]
    if names:
        return islice(cycle(names[:: max(1, len(names) // len(pictures))]), len(pictures))
    return iter([*pictures[1:], pictures[0]])


class _Reader(CalibrationDataReader):  # type: ignore[misc] # ONNX Runtime has no types
    def __init__(self, inputs: Sequence[dict[str, NDArray[Any]]]) -> None:
        self._inputs = iter(inputs)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._inputs, None)


def _quantized(graph: bytes, inputs: Sequence[dict[str, NDArray[Any]]]) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        folded, result = Path(scratch, "folded.onnx"), Path(scratch, "int8.onnx")
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)  # weights are stored small, and have to be unpacked
        options.log_severity_level = 3
        onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        convolutions = [node.name for node in onnx.load(folded).graph.node if node.op_type == "Conv"]
        quantize_static(
            str(folded),
            str(result),
            _Reader(inputs),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[convolutions[0], convolutions[-1]],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return graphs_to_onnx.compress(onnx.load(io.BytesIO(result.read_bytes())))


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime recommends by the root logger what has been done already."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)


def _compared(source: Manifest, folder: Path, engine: str, pictures: Sequence[Picture]) -> Difference:
    whole, rounded = (Stylizer.load(one, engine=engine) for one in (source.folder, folder))
    seen = [*pictures[:4], probe(SIDE, SIDE, seed=2)]
    styles = list(_styles(whole, seen))
    differences = [
        np.abs(whole.stylize(picture, style).astype(float) - rounded.stylize(picture, style)).mean()
        for picture, style in zip(seen, styles, strict=True)
    ]
    times = [paint_milliseconds(one)["milliseconds_512"] for one in (rounded, whole)]
    return Difference(engine, float(np.mean(differences)) / 255, *times)
