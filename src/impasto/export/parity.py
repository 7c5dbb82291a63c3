"""Do the engines paint what torch paints? Measured on every export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from impasto.errors import EngineError, TrainingError
from impasto.inference.engine import installed_engines, open_engine
from impasto.weights.manifest import ENCODE_STYLE, MEASURE, PAINT, PAINT_FIXED, read_manifest

LIMITS = {"fp32": (5e-3, 1e-3), "auto": (5e-2, 1 / 255)}
"""By precision, of the code and of the pastiche; weights are stored in half precision, and auto may be bfloat16."""


@dataclass(frozen=True)
class Parity:
    """Mean absolute differences from torch: ``code`` relative to the code's mean magnitude, the others in [0, 1].

    ``pastiche`` is painted as a whole, ``parts`` by measuring first and painting then.
    """

    engine: str
    precision: str
    code: float
    pastiche: float
    parts: float

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
    found = list(_measure(folder, encode, paint, content, style))
    if not found:
        raise EngineError("no engine is installed to check the export with; run: pip install onnxruntime")
    for one in found:
        code_limit, limit = LIMITS[one.precision]
        if not (one.code <= code_limit and one.pastiche <= limit and one.parts <= limit):  # so NaN, too, is refused
            raise TrainingError(
                f"{one.engine} ({one.precision}) does not reproduce torch: its code differs by {one.code:.1e}, its "
                f"pastiche by {one.pastiche:.1e}, in parts by {one.parts:.1e}, allowed are {code_limit:.1e} and "
                f"{limit:.1e}; nothing was exported"
            )
    return found


def _measure(
    folder: Path, encode: nn.Module, paint: nn.Module, content: NDArray[np.uint8], style: NDArray[np.uint8]
) -> Iterator[Parity]:
    manifest = read_manifest(folder)
    recolor = np.eye(3, 4, dtype=np.float32)[None]
    code = _run(encode, style[None])
    pastiche = _run(paint, content[None], code, recolor)
    for name in installed_engines():
        for precision in ("fp32", "auto") if name == "openvino" else ("fp32",):
            engine = open_engine(name, precision=precision)
            encoded = engine.open(manifest, ENCODE_STYLE)(style=style[None])
            inputs: dict[str, NDArray[Any]] = {"content": content[None], "recolor": recolor}
            painted = engine.open(manifest, PAINT)(code=code, **inputs)
            if manifest.grain:
                inputs["origin"] = np.zeros((1, 2), np.int64)
            modulation = engine.open(manifest, MEASURE)(code=code, margin=np.zeros(1, np.int64), **inputs)
            in_parts = engine.open(manifest, PAINT_FIXED)(modulation=modulation, **inputs)
            yield Parity(
                name,
                precision,
                float(np.abs(encoded - code).mean() / np.abs(code).mean()),
                *(float(np.abs(one.astype(np.float64) - pastiche).mean() / 255) for one in (painted, in_parts)),
            )


def _run(module: Callable[..., torch.Tensor], *inputs: NDArray[Any]) -> NDArray[Any]:
    with torch.no_grad():
        return module(*(torch.from_numpy(np.ascontiguousarray(one)) for one in inputs)).numpy()
