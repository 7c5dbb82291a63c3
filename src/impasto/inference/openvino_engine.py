"""Graphs run by OpenVINO: quick to import, compiled once per machine, safe to call from many threads.

Only OpenVINO's compiled bindings are imported. The public package costs ten times as much to import, most of it for its
model converter, which also announces every import to Intel's telemetry; none of that code is loaded here.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import math
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import EngineError
from impasto.inference import cache as disk
from impasto.inference.checks import check_process
from impasto.inference.engine import FixedShapes, Graph
from impasto.inference.float_border import with_float_border
from impasto.weights.manifest import Manifest

__all__ = ["OpenVinoEngine"]

Shapes = tuple[tuple[str, tuple[int, ...]], ...]  # of every input, by name

BINDINGS = "openvino._pyopenvino"
MAX_FIXED_VALUES = 30_000_000  # of all inputs together: ten megapixels
MAX_KEPT_VALUES = 7_200_000  # the parts of a large picture have as many, one after the other
DEVICES = {"cpu": "CPU", "gpu": "GPU"}


class OpenVinoEngine:
    """See :class:`impasto.inference.engine.Engine`."""

    name = "openvino"

    def __init__(self, device: str, threads: int | None, precision: str, streams: int | None = None) -> None:
        try:
            self._bindings = _import_bindings()
            self._core = self._bindings.Core()
        except (ImportError, RuntimeError) as error:
            raise EngineError(f"cannot import the engine openvino ({_last_line(error)}); install it again") from None
        self.version = self._bindings.get_version().split("-")[0]
        self.device = "cpu" if device == "auto" else device
        # The processor is always there; only for others is it worth loading every plugin to ask.
        if self.device != "cpu" and self.device not in self.devices():
            raise EngineError(f"OpenVINO finds no {self.device} on this machine, only {', '.join(self.devices())}")
        self._streams = streams if self.device == "cpu" else None
        self._properties: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if self._streams is not None:
            self._properties = {"NUM_STREAMS": self._streams, "INFERENCE_NUM_THREADS": self._streams}
        elif threads is not None and self.device == "cpu":
            self._properties["INFERENCE_NUM_THREADS"] = threads
        if self.device == "cpu":
            # Pinned, the threads of two processes share the first cores and leave the others idle.
            self._properties["ENABLE_CPU_PINNING"] = False
        self.precision = precision
        plain = precision == "auto" and self.device == "cpu"
        self.integers = precision == "int8" or (plain and "BF16" not in self._capabilities())
        if precision == "fp32":
            self._properties["INFERENCE_PRECISION_HINT"] = "f32"

    def devices(self) -> tuple[str, ...]:
        """The devices that OpenVINO finds on this machine."""
        present = {found.split(".")[0] for found in self._core.available_devices}
        return tuple(device for device, found in DEVICES.items() if found in present)

    def _capabilities(self) -> list[str]:
        found: list[str] = self._core.get_property(DEVICES[self.device], "OPTIMIZATION_CAPABILITIES")
        return found

    def open(self, manifest: Manifest, file: str, *, fixed_shapes: FixedShapes = 0, deep: bool = False) -> Graph:
        """See :class:`impasto.inference.engine.Engine`; a graph compiled before is taken from the disk."""
        # Which shapes come first depends, with streams, on chance, and the output must not.
        fixed = 0 if self._streams and isinstance(fixed_shapes, int) else fixed_shapes
        return _Graph(self._bindings, lambda shapes: self._compiled(manifest, file, shapes, deep=deep), fixed)

    def _compiled(self, manifest: Manifest, file: str, shapes: Shapes | None, *, deep: bool) -> Any:
        properties = self._properties | ({"INFERENCE_PRECISION_HINT": "f32"} if deep else {})
        key = self._cache_key(manifest.graph_key(file), shapes, properties, deep=deep)
        try:
            compiled = self._load(key, properties)
            if compiled is None:
                data = manifest.graph(file)
                model = self._core.read_model(with_float_border(data) if deep else data, b"")
                if shapes is not None:
                    model.reshape({name: self._bindings.PartialShape(list(shape)) for name, shape in shapes})
                compiled = self._core.compile_model(model, DEVICES[self.device], properties)
                disk.store(key, _exported(compiled))
        except RuntimeError as error:
            raise EngineError(f"OpenVINO cannot run {manifest.folder / file}: {_last_line(error)}") from None
        return compiled

    def _load(self, key: str, properties: dict[str, Any]) -> Any:
        data = disk.load(key)
        if data is None:
            return None
        try:
            return self._core.import_model(data, DEVICES[self.device], properties)
        except RuntimeError:
            return None  # of another build after all: compiled again

    def _cache_key(self, graph: str, shapes: Shapes | None, properties: dict[str, Any], *, deep: bool) -> str:
        # What is compiled depends on the processor, which a home folder on a network outlives.
        device = DEVICES[self.device]
        hardware = [self._core.get_property(device, one) for one in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
        facts = (graph, shapes, self._bindings.get_version(), device, sorted(properties.items()), hardware, deep)
        return hashlib.sha256(repr(facts).encode()).hexdigest()


class _Graph:
    """A graph compiled once for any shape, and once for each of the first ``fixed`` shapes or for those named there.

    Each compilation keeps its working memory, so what has one of the first shapes is limited in size as well. A shape
    is always run by the same compilation, so that equal inputs give equal outputs: two compilations of one graph differ
    in the last bits.
    """

    def __init__(self, bindings: ModuleType, compiler: Callable[[Shapes | None], Any], fixed: FixedShapes) -> None:
        self._bindings = bindings
        self._compiler = compiler
        self._compilations: dict[Shapes | None, Any] = {} if fixed else {None: compiler(None)}
        self._named = frozenset() if isinstance(fixed, int) else fixed
        self._free_slots = fixed if isinstance(fixed, int) else 0
        self._free_values = MAX_FIXED_VALUES
        self._lock = threading.Lock()
        self._process = os.getpid()

    def __call__(self, **inputs: NDArray[Any]) -> NDArray[Any]:
        check_process(self._process)
        # Tensors point into arrays, which must be contiguous, writable (though nothing writes) and outlive the run.
        arrays = {name: np.require(value, requirements=("C", "W")) for name, value in inputs.items()}
        compiled = self._for_shapes(tuple((name, array.shape) for name, array in arrays.items()))
        try:
            # A request holds one call's tensors; with one of its own, every thread may call at any time.
            request = compiled.create_infer_request()
            for name, array in arrays.items():
                request.set_tensor(name, self._bindings.Tensor(array, shared_memory=True))
            request.start_async({}, None)
            request.wait()
            output: NDArray[Any] = request.get_output_tensor(0).data
        except RuntimeError as error:
            raise EngineError(f"OpenVINO failed to run a graph: {_last_line(error)}") from None
        if sum(array.size for array in arrays.values()) > MAX_KEPT_VALUES and compiled is self._compilations.get(None):
            self._release(compiled)  # a large picture's would be kept for the next, however small
        return output

    def release(self) -> None:
        with self._lock:
            compilations = list(self._compilations.values())
        for compiled in compilations:
            self._release(compiled)

    @staticmethod
    def _release(compiled: Any) -> None:
        # While another thread runs, its memory stays.
        with contextlib.suppress(RuntimeError):
            compiled.release_memory()

    def _for_shapes(self, shapes: Shapes) -> Any:
        with self._lock:
            values = sum(math.prod(shape) for _, shape in shapes)
            fits = self._free_slots > 0 and values <= self._free_values
            named = dict(shapes).get("content", ())[1:3] in self._named
            known = shapes if fits or named or shapes in self._compilations else None
            if known not in self._compilations:
                self._compilations[known] = self._compiler(known)
                if known is not None and not named:
                    self._free_slots -= 1
                    self._free_values -= values
            return self._compilations[known]


def _exported(compiled: Any) -> bytes:
    data = compiled.export_model()
    return data if isinstance(data, bytes) else bytes(data.getbuffer())


IMPORTING = threading.Lock()


@cache
def _import_bindings() -> ModuleType:
    """OpenVINO's compiled bindings, without the package around them where that works."""
    with IMPORTING:
        if BINDINGS in sys.modules:
            return sys.modules[BINDINGS]
        return _import_alone() or _import_with_package()


def _import_alone() -> ModuleType | None:
    """The extension module from its file, under its own name: the public package, imported later, shares it."""
    package = importlib.util.find_spec("openvino")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0])
    files = [folder / f"_pyopenvino{suffix}" for suffix in EXTENSION_SUFFIXES]
    file = next((file for file in files if file.is_file()), None)
    spec = importlib.util.spec_from_file_location(BINDINGS, file) if file else None
    if spec is None or spec.loader is None:
        return None
    if sys.platform == "win32" and (folder / "libs").is_dir():
        os.add_dll_directory(str(folder / "libs"))
    try:
        bindings = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(bindings)
    except ImportError:
        return None
    sys.modules[BINDINGS] = bindings
    return bindings


def _import_with_package() -> ModuleType:
    """The same bindings through the public package, with its telemetry shut out while it is imported."""
    telemetry = "openvino_telemetry"
    loaded = sys.modules.get(telemetry)
    sys.modules[telemetry] = None  # type: ignore[assignment]  # Python's own mark for "cannot be imported"
    try:
        importlib.import_module("openvino")
    finally:
        del sys.modules[telemetry]
        if loaded is not None:
            sys.modules[telemetry] = loaded
    return sys.modules[BINDINGS]


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # OpenVINO's messages begin with places in its source; the last line says what is wrong.
    return lines[-1] if lines else type(error).__name__
