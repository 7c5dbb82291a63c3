"""Do the engines paint what torch paints? Measured on every export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from impasto.errors import EngineError, TrainingError
from impasto.inference.engine import Engine, installed_engines, open_engine
from impasto.weights.manifest import ENCODE_STYLE, MEASURE, PAINT, PAINT_FIXED, read_manifest

LIMITS = {"fp32": (5e-3, 1e-3), "auto": (5e-2, 1 / 255)}
"""By precision, of the code and of the pastiche; weights are stored in half precision, and auto may be bfloat16."""
FAMILY_LIMITS = {"fp32": (5e-3, 1e-3), "auto": (1e-1, 4 / 255)}
"""The same for other families, whose networks are deeper, so that bfloat16 has more layers to round in."""


@dataclass(frozen=True)
class Parity:
    """Mean absolute differences from torch: ``code`` relative to the code's mean magnitude, the others in [0, 1].

    ``pastiche`` is painted as a whole, ``parts`` by measuring first and painting then; ``code`` and ``parts`` are None
    for models that cannot do that.
    """

    engine: str
    precision: str
    code: float | None
    pastiche: float
    parts: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check(
    folder: Path, encode: nn.Module, paint: nn.Module, content: NDArray[np.uint8], style: NDArray[np.uint8]
) -> list[Parity]:
    """Compare a model folder's graphs, on each installed engine, with the torch modules they were exported from.

    ``encode`` and ``paint`` are the modules of :mod:`impasto.export.graphs`; pictures are uint8 h×w×3, the content's
    sides multiples of the model's. The code given to ``paint`` is torch's for all, so the two differences are separate.

    Raises:
        TrainingError: an engine differs by more than :data:`LIMITS`.
        EngineError: no engine is installed.
    """
    return _checked(_measure(folder, encode, paint, content, style), LIMITS)


def check_family(
    folder: Path,
    encode: nn.Module | None,
    paint: nn.Module,
    *,
    content: NDArray[np.uint8],
    style: NDArray[np.uint8],
    code: NDArray[np.float32] | None,
) -> list[Parity]:
    """:func:`check` for a model of interface 2, by :data:`FAMILY_LIMITS`.

    Args:
        encode, paint: the modules of :mod:`impasto.export.family_graphs`.
        code: what is painted with, 1 k, if the model does not encode.
    """
    return _checked(_measure_family(folder, encode, paint, content=content, style=style, code=code), FAMILY_LIMITS)


def _checked(measured: Iterable[Parity], limits: Mapping[str, tuple[float, float]]) -> list[Parity]:
    found = list(measured)
    if not found:
        raise EngineError("no engine is installed to check the export with; run: pip install onnxruntime")
    for one in found:
        code_limit, limit = limits[one.precision]
        values = (("code", one.code, code_limit), ("pastiche", one.pastiche, limit), ("parts", one.parts, limit))
        differences = {name: (value, most) for name, value, most in values if value is not None}
        if not all(value <= most for value, most in differences.values()):  # so NaN, too, is refused
            told = ", ".join(f"its {name} differs by {value:.1e}" for name, (value, _) in differences.items())
            raise TrainingError(
                f"{one.engine} ({one.precision}) does not reproduce torch: {told}, allowed are {code_limit:.1e} for "
                f"the code and {limit:.1e} for the rest; nothing was exported"
            )
    return found


def _measure_family(
    folder: Path,
    encode: nn.Module | None,
    paint: nn.Module,
    *,
    content: NDArray[np.uint8],
    style: NDArray[np.uint8],
    code: NDArray[np.float32] | None,
) -> Iterator[Parity]:
    manifest = read_manifest(folder)
    if encode is not None:
        code = _run(encode, style[None])
    inputs = {} if code is None else {"code": code}
    pastiche = _run(paint, content[None], *inputs.values())
    for engine, precision in _engines():
        off = None
        if encode is not None and code is not None:
            encoded = engine.open(manifest, ENCODE_STYLE)(style=style[None])
            off = float(np.abs(encoded - code).mean() / np.abs(code).mean())
        painted = engine.open(manifest, PAINT)(content=content[None], **inputs)
        difference = float(np.abs(painted.astype(np.float64) - pastiche).mean() / 255)
        yield Parity(engine.name, precision, off, difference, None)


def _measure(
    folder: Path, encode: nn.Module, paint: nn.Module, content: NDArray[np.uint8], style: NDArray[np.uint8]
) -> Iterator[Parity]:
    manifest = read_manifest(folder)
    recolor = np.eye(3, 4, dtype=np.float32)[None]
    code = _run(encode, style[None])
    pastiche = _run(paint, content[None], code, recolor)
    for engine, precision in _engines():
        encoded = engine.open(manifest, ENCODE_STYLE)(style=style[None])
        inputs: dict[str, NDArray[Any]] = {"content": content[None], "recolor": recolor}
        painted = engine.open(manifest, PAINT)(code=code, **inputs)
        if manifest.grain:
            inputs["origin"] = np.zeros((1, 2), np.int64)
        modulation = engine.open(manifest, MEASURE)(code=code, margin=np.zeros(1, np.int64), **inputs)
        in_parts = engine.open(manifest, PAINT_FIXED)(modulation=modulation, **inputs)
        yield Parity(
            engine.name,
            precision,
            float(np.abs(encoded - code).mean() / np.abs(code).mean()),
            *(float(np.abs(one.astype(np.float64) - pastiche).mean() / 255) for one in (painted, in_parts)),
        )


def _engines() -> Iterator[tuple[Engine, str]]:
    """Every installed engine in every precision that it has."""
    for name in installed_engines():
        for precision in ("fp32", "auto") if name == "openvino" else ("fp32",):
            yield open_engine(name, precision=precision), precision


def _run(module: Callable[..., torch.Tensor], *inputs: NDArray[Any]) -> NDArray[Any]:
    with torch.no_grad():
        return module(*(torch.from_numpy(np.ascontiguousarray(one)) for one in inputs)).numpy()
