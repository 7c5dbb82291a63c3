"""Graphs run by ONNX Runtime, on the processor or through its CUDA, CoreML or DirectML provider."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import EngineError
from impasto.inference.checks import check_process
from impasto.inference.engine import FixedShapes, Graph
from impasto.inference.float_border import with_float_border
from impasto.weights.manifest import Manifest

__all__ = ["OnnxRuntimeEngine"]

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
PACKAGES = {"cuda": "onnxruntime-gpu", "coreml": "onnxruntime", "directml": "onnxruntime-directml"}
QUIET = 3  # errors only: what a provider cannot do is told by our own exceptions


class OnnxRuntimeEngine:
    """See :class:`impasto.inference.engine.Engine`. Whatever is not the graph of 8-bit integers runs in float32."""

    name = "onnxruntime"

    def __init__(self, device: str, threads: int | None, precision: str = "auto") -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineError(f"the engine onnxruntime cannot be imported ({error}); install it again") from None
        onnxruntime.disable_telemetry_events()
        self._library = onnxruntime
        self._threads = threads
        self.precision = precision
        self.integers = precision == "int8"
        self.version: str = onnxruntime.__version__
        self.device = "cpu" if device == "auto" else device
        if self.device not in self.devices():
            raise EngineError(
                f"this ONNX Runtime has no {self.device} provider, only {', '.join(self.devices())}; "
                f"run: pip install {PACKAGES[self.device]}"
            )

    def devices(self) -> tuple[str, ...]:
        """The devices whose provider this ONNX Runtime was built with."""
        present = self._library.get_available_providers()
        return tuple(device for device, provider in PROVIDERS.items() if provider in present)

    def open(
        self,
        manifest: Manifest,
        file: str,
        *,
        fixed_shapes: FixedShapes = 0,  # noqa: ARG002 - the interface's
        deep: bool = False,
    ) -> Graph:
        """See :class:`impasto.inference.engine.Engine`; one session serves every shape."""
        options = self._library.SessionOptions()
        options.log_severity_level = QUIET
        options.intra_op_num_threads = self._threads or 0
        graph = with_float_border(manifest.graph(file)) if deep else manifest.graph(file)
        providers = list(dict.fromkeys([PROVIDERS[self.device], PROVIDERS["cpu"]]))
        try:
            session = self._library.InferenceSession(graph, options, providers=providers)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime's own exceptions share no base class
            raise EngineError(f"ONNX Runtime cannot run {manifest.folder / file}: {_first_line(error)}") from None
        if PROVIDERS[self.device] not in session.get_providers():
            raise EngineError(f"ONNX Runtime cannot reach the device {self.device!r}; check its driver, or use cpu")
        return _Graph(session, str(manifest.folder / file))


class _Graph:
    def __init__(self, session: Any, path: str) -> None:
        self._session = session
        self._path = path
        self._process = os.getpid()

    def __call__(self, **inputs: NDArray[Any]) -> NDArray[Any]:
        check_process(self._process)
        try:
            (output,) = self._session.run(None, inputs)
        except Exception as error:  # noqa: BLE001 - as above
            raise EngineError(f"ONNX Runtime failed to run {self._path}: {_first_line(error)}") from None
        return np.asarray(output)

    def release(self) -> None:
        """Nothing to do: the arena grows with the largest run and is ONNX Runtime's own."""


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
