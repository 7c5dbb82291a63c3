"""Where a recipe computes, and in which numbers: a processor or a graphics card, float32 or bfloat16."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.errors import UsageError
from impasto.nn.border import from_border
from impasto.nn.precision import native_bfloat16

__all__ = ["Arithmetic", "fast_type"]

NetworkT = TypeVar("NetworkT", bound=nn.Module)


class Where(Protocol):
    """What options say of it."""

    @property
    def device(self) -> str: ...

    @property
    def precision(self) -> str: ...


@dataclass(frozen=True)
class Arithmetic:
    """What networks compute with. Losses and statistics are float32 whatever the type."""

    device: torch.device
    type: torch.dtype

    @classmethod
    def of(cls, options: Where) -> Arithmetic:
        """What the options ask for. Each process that torchrun starts on a machine takes a graphics card of its own.

        Raises:
            UsageError: there is no such device here.
        """
        device = torch.device(_found(options.device))
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if options.precision == "auto":
            return cls(device, fast_type(device))
        return cls(device, torch.bfloat16 if options.precision == "bf16" else torch.float32)

    def pictures(self, pixels: NDArray[np.uint8]) -> Tensor:
        """b h w 3 uint8 → b 3 h w float32 in [0, 1], channels last in memory."""
        return from_border(self.array(np.array(pixels)))

    def array(self, values: NDArray[np.generic]) -> Tensor:
        """An array as a tensor there, of its own type."""
        return torch.from_numpy(values).to(self.device)

    def placed(self, network: NetworkT) -> NetworkT:
        """A network there: its weights stay float32, and :meth:`autocast` rounds them where they are used."""
        # torch's overloads of Module.to() lack memory_format.
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def frozen(self, network: NetworkT) -> NetworkT:
        """A network that is not trained, in the quicker type."""
        return self.placed(network).to(self.type)

    def autocast(self) -> AbstractContextManager[Any]:
        """A context in which networks compute in the quicker type."""
        return nullcontext() if self.type == torch.float32 else torch.autocast(self.device.type, self.type)


def fast_type(device: torch.device) -> torch.dtype:
    """bfloat16 where it is multiplied natively, else float32."""
    if device.type == "cpu":
        native = native_bfloat16()
    else:
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float32


def _found(wanted: str) -> str:
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, there in here.items() if there)
    if not here[wanted]:
        found = ", ".join(name for name, there in here.items() if there)
        raise UsageError(f"device is {wanted!r}, but torch finds only {found} here: give one of these, or auto")
    return wanted
