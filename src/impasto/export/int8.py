"""A model's painter in 8-bit integers: smaller, and quicker on processors without bfloat16.

Weights are rounded for each output map, activations for each tensor, between the least and the largest value seen while
photos are painted (Jacob et al. 2018, static quantisation), leaving out one in 100,000 at either end. The first and the
last two convolutions stay as they are: they see and draw pixels, and cost little. So does whatever is no convolution,
such as the norms.
"""

from __future__ import annotations

import io
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from impasto.errors import TrainingError
from impasto.export import onnx as graphs_to_onnx
from impasto.export.folder import PRESETS, replaced, update_manifest, write_manifest
from impasto.export.presets import copy_presets
from impasto.export.probe import probe
from impasto.inference.engine import Engine, FixedShapes, Graph, installed_engines, open_engine
from impasto.inference.speed import paint_milliseconds
from impasto.inference.stylizer import Stylizer
from impasto.training.data import PictureFolder, middle
from impasto.weights.catalog import find_model
from impasto.weights.manifest import ENCODE_STYLE, MANIFEST, PAINT, PAINT_INT8, Manifest, read_manifest

__all__ = ["Difference", "add_int8", "quantize"]

PHOTOS = 24  # that activations are measured on
SIDE = 256
PERCENTILE = 99.999
LIMIT = 10 / 255

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Difference:
    """Of the pastiches painted with 8-bit integers from those in float32, in [0, 1]; and the speed of both.

    ``milliseconds`` are of 512² pixels, ``before`` in float32 with the same engine and threads.
    """

    engine: str
    mean: float
    milliseconds: float
    before: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def add_int8(folder: Path, photos: Path) -> list[Difference]:
    """Give a model's folder the graph ``paint_int8.onnx``, and its manifest what is returned.

    Args:
        folder: of a model that nobody uses meanwhile.
        photos: pictures such as will be painted, in any subfolders; the first 24 that can be read are used.

    Raises:
        TrainingError: there is no photo; or the result differs by more than ten levels on average, which is no use.
    """
    source = read_manifest(folder)
    pictures = _pictures(photos)
    graph = _quantized(source.graph(PAINT), _inputs(source, pictures))
    whole = onnx.load_from_string(source.read(PAINT))
    graphs_to_onnx.write(graphs_to_onnx.without_shared(graph, whole), folder / PAINT_INT8)
    update_manifest(folder)
    found = [_compared(folder, folder, name, pictures) for name in installed_engines()]
    _check(found)
    update_manifest(folder, quality={"int8": [one.as_dict() for one in found]})
    return found


def quantize(model: str | Path, photos: Path, folder: Path) -> list[Difference]:
    """Write a copy of a model that has the painter with 8-bit integers only, in ``paint.onnx``; see this module.

    Its manifest has the model's facts and, in ``quality``, what is returned. It paints no parts: photos above fifty
    megapixels are for the model itself.

    Args:
        model: its name, or its folder.
        photos: as for :func:`add_int8`.
        folder: of the new model, which may replace an older one there.

    Raises:
        UnknownName, WeightsError: there is no such model.
        TrainingError: as of :func:`add_int8`.
        OutputExists: the folder holds something else.
    """
    source = find_model(model)
    pictures = _pictures(photos)
    graph = _quantized(source.graph(PAINT), _inputs(source, pictures))
    with replaced(folder) as building:
        if source.encodes:
            (building / ENCODE_STYLE).write_bytes(source.read(ENCODE_STYLE))
        if (source.folder / PRESETS).is_dir():
            copy_presets(source.folder, building)
        graphs_to_onnx.write(graph, building / PAINT)
        facts = json.loads((source.folder / MANIFEST).read_text(encoding="utf-8"))
        write_manifest(building, facts | {"name": f"{source.name}-int8", "halo": 0, "quality": {}})
        found = [_compared(source.folder, building, name, pictures) for name in installed_engines()]
        _check(found)
        update_manifest(building, quality={"int8": [one.as_dict() for one in found]})
    return found


def _pictures(folder: Path) -> list[Picture]:
    return [middle(pixels, SIDE) for pixels in PictureFolder.load(folder, PHOTOS).pictures]


def _check(found: Sequence[Difference]) -> None:
    for one in found:
        if not one.mean <= LIMIT:  # so NaN, too, is refused
            raise TrainingError(
                f"{one.engine} paints with 8-bit integers what differs by {255 * one.mean:.1f} levels of 255 on "
                f"average, allowed are {255 * LIMIT:.0f}; give photos more like those to be painted"
            )


class _Recorder:
    """An engine that notes what the painter is called with."""

    def __init__(self, engine: Engine, notes: list[dict[str, NDArray[Any]]]) -> None:
        self.name, self.version, self.device = engine.name, engine.version, engine.device
        self.precision, self.integers = engine.precision, engine.integers
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
    stylizer = Stylizer(source, _Recorder(open_engine(precision="fp32"), notes))
    for picture, style in zip(pictures, _styles(stylizer, pictures), strict=False):
        stylizer.stylize(picture, style)
    return notes


def _styles(stylizer: Stylizer, pictures: Sequence[Picture]) -> Iterator[Any]:
    """Presets, evenly among all, as the plain painter paints them; of a model without any, the next picture's style."""
    names = [one.name for one in stylizer.presets]
    if names:
        chosen = islice(cycle(names[:: max(1, len(names) // len(pictures))]), len(pictures))
        return (stylizer.preset_code(name, learnt=False) for name in chosen)
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
            nodes_to_exclude=[convolutions[0], *convolutions[-2:]],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": PERCENTILE},
        )
        return graphs_to_onnx.compress(onnx.load(io.BytesIO(result.read_bytes())))


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime recommends by the root logger what has been done already, and prints what it does."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(before)


def _compared(whole: Path, rounded: Path, engine: str, pictures: Sequence[Picture]) -> Difference:
    exact = Stylizer.load(whole, engine=engine, precision="fp32")
    quick = Stylizer.load(rounded, engine=engine, precision="int8" if rounded == whole else "fp32")
    seen = [*pictures[:4], probe(SIDE, SIDE, seed=2)]
    differences = [
        np.abs(exact.stylize(picture, style).astype(float) - quick.stylize(picture, style)).mean()
        for picture, style in zip(seen, _styles(exact, seen), strict=True)
    ]
    times = [paint_milliseconds(one)["milliseconds_512"] for one in (quick, exact)]
    return Difference(engine, float(np.mean(differences)) / 255, *times)
