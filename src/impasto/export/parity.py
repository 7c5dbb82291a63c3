"""Do the engines paint what torch paints? Measured on every export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from impasto.errors import TrainingError
from impasto.inference.engine import installed_engines, open_engine
from impasto.weights.manifest import ENCODE_STYLE, PAINT, read_manifest

CODE_LIMIT = 0.05
FP32_LIMIT = 1e-3
BF16_LIMIT = 1 / 255


@dataclass(frozen=True)
class Parity:
    """Mean absolute differences from torch: ``code`` relative to the code's mean magnitude, ``pastiche`` in [0, 1]."""

    engine: str
    precision: str
    code: float
    pastiche: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check(
    folder: Path, encode: nn.Module, paint: nn.Module, content: NDArray[np.uint8], style: NDArray[np.uint8]
) -> list[Parity]:
    """Compare a model folder's graphs, on each installed engine, with the torch modules they were exported from.

    ``encode`` and ``paint`` are the modules of :mod:`impasto.export.graphs`; pictures are uint8 h×w×3, the content's
    sides multiples of the model's. The code given to ``paint`` is torch's for all, so the two differences are separate.

    Raises:
        TrainingError: fp32 differs by more than 1e-3, or bf16 by more than 1/255, or a code by 5 %.
    """
    manifest = read_manifest(folder)
    recolor = np.eye(3, 4, dtype=np.float32)[None]
    code = _run(encode, style[None])
    pastiche = _run(paint, content[None], code, recolor)
    found = []
    for name in installed_engines():
        for precision in ("fp32", "auto") if name == "openvino" else ("fp32",):
            engine = open_engine(name, precision=precision)
            encoded = engine.open(manifest, ENCODE_STYLE)(style=style[None])
            painted = engine.open(manifest, PAINT)(content=content[None], code=code, recolor=recolor)
            difference = np.abs(painted.astype(np.float64) - pastiche).mean() / 255
            found.append(
                Parity(name, precision, float(np.abs(encoded - code).mean() / np.abs(code).mean()), float(difference))
            )
    for one in found:
        limit = FP32_LIMIT if one.precision == "fp32" else BF16_LIMIT
        if one.pastiche > limit or one.code > CODE_LIMIT:
            raise TrainingError(
                f"the exported graphs differ from torch: {one}, allowed {limit:.1e}; this export is not usable"
            )
    return found


def _run(module: Callable[..., torch.Tensor], *inputs: NDArray[Any]) -> NDArray[Any]:
    with torch.no_grad():
        return module(*(torch.from_numpy(np.ascontiguousarray(one)) for one in inputs)).numpy()
