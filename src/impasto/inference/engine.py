"""What runs a graph: one small interface over OpenVINO and ONNX Runtime.

An :class:`Engine` opens a model's graphs; a :class:`Graph` is called with named arrays, from any number of threads at
once. Neither library is imported before an engine is opened.
"""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

from impasto.errors import EngineError, UnknownName, UsageError
from impasto.weights.manifest import Manifest

__all__ = ["DEVICES", "ENGINES", "Engine", "FixedShapes", "Graph", "installed_engines", "open_engine"]

FixedShapes: TypeAlias = "int | frozenset[tuple[int, int]]"  # how many, or which heights and widths of contents


class Graph(Protocol):
    """A graph with one output."""

    def __call__(self, **inputs: NDArray[Any]) -> NDArray[Any]:
        """Run the graph; each input has the name, dtype and rank that the model's description gives.

        Raises:
            EngineError: the engine failed, for lack of memory for example.
        """
        ...

    def release(self) -> None:
        """Give back the working memory that is kept for the next run, unless another thread uses it just now."""
        ...


class Engine(Protocol):
    """A library that runs graphs, with the device, threads and precision it was opened for."""

    name: str
    version: str
    device: str
    precision: str
    """What was asked for."""
    integers: bool
    """Whether it is to run the graph of 8-bit integers, of models that have one."""

    def open(self, manifest: Manifest, file: str, *, fixed_shapes: FixedShapes = 0, deep: bool = False) -> Graph:
        """Make one of a model's graphs ready to run.

        Args:
            fixed_shapes: compile the graph anew for each of the first so many input shapes, where that makes it
                faster; or for contents of these heights and widths, whenever they come. For graphs that are called
                with the same few shapes again and again.
            deep: take and give floats where the graph has uint8 (see :mod:`impasto.inference.float_border`), and
                compute in float32 whatever the precision asked for.

        Raises:
            WeightsError: the file is missing or damaged.
            EngineError: the engine does not accept the graph.
        """
        ...

    def devices(self) -> tuple[str, ...]:
        """The values of ``device`` that this installation and machine offer."""
        ...


def installed_engines() -> tuple[str, ...]:
    """The engines whose packages are installed, the preferred one first; imports neither."""
    # OpenVINO paints two to three times faster on x86-64 and is untuned elsewhere.
    preferred = ("openvino", "onnxruntime") if platform.machine().lower() in X86_64 else ("onnxruntime", "openvino")
    return tuple(name for name in preferred if importlib.util.find_spec(name) is not None)


def open_engine(
    engine: str = "auto",
    *,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    streams: int | None = None,
) -> Engine:
    """Open an engine by name.

    Args:
        engine: ``openvino``, ``onnxruntime``, or ``auto``: the first installed one that has the device and works.
        device: ``cpu``, ``gpu`` (OpenVINO), ``cuda``, ``coreml``, ``directml`` (ONNX Runtime); ``auto`` is ``cpu``.
        threads: processor threads; ``None`` leaves the number to the engine, which takes the physical cores.
        precision: ``fp32``; ``int8``: 8-bit integers where the model has them; or ``auto``: OpenVINO takes bfloat16 on
            processors that have it and 8-bit integers on others, ONNX Runtime float32.
        streams: how many calls run at the same time on the processor, each on a single thread (so ``threads`` is not
            used). Together they do more than one call after another on all threads; equal inputs give equal outputs
            whatever the number of streams and the order of the calls.

    Raises:
        UnknownName: there is no engine of that name.
        UsageError: the engine has no such device at all.
        EngineError: the engine is not installed (the message says how to), or it cannot reach the device.
    """
    if engine not in ("auto", *OPENERS):
        raise UnknownName("engine", engine, OPENERS)
    if device != "auto" and device not in {one for offered in DEVICES.values() for one in offered}:
        raise UnknownName("device", device, sorted({one for offered in DEVICES.values() for one in offered}))
    if engine != "auto":
        if device != "auto" and device not in DEVICES[engine]:
            raise UsageError(f"the engine {engine} has no device {device!r}, only {', '.join(DEVICES[engine])}")
        return OPENERS[engine](device, threads, precision, streams)
    able = [name for name in OPENERS if device == "auto" or device in DEVICES[name]]
    candidates = [name for name in installed_engines() if name in able]
    if not candidates:
        raise EngineError(f"no engine that can paint on {device!r} is installed; run: {INSTALL[able[-1]]}")
    failures = []
    for name in candidates:
        try:
            return OPENERS[name](device, threads, precision, streams)
        except EngineError as error:
            failures.append(str(error))
    raise EngineError(" ".join(failures))


def _open_openvino(device: str, threads: int | None, precision: str, streams: int | None) -> Engine:
    _require("openvino")
    from impasto.inference.openvino_engine import OpenVinoEngine

    return OpenVinoEngine(device, threads, precision, streams)


def _open_onnxruntime(device: str, threads: int | None, precision: str, streams: int | None) -> Engine:
    _require("onnxruntime")
    from impasto.inference.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(device, 1 if streams else threads, precision)


def _require(engine: str) -> None:
    if importlib.util.find_spec(engine) is None:
        raise EngineError(f"the engine {engine} is not installed; run: {INSTALL[engine]}")


X86_64 = ("x86_64", "amd64")
OPENERS: dict[str, Callable[[str, int | None, str, int | None], Engine]] = {
    "openvino": _open_openvino,
    "onnxruntime": _open_onnxruntime,
}
ENGINES = tuple(OPENERS)
INSTALL = {name: f"pip install {name}" for name in OPENERS}
DEVICES = {
    "openvino": ("cpu", "gpu"),
    "onnxruntime": ("cpu", "cuda", "coreml", "directml"),
}
