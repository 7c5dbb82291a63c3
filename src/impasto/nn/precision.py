"""Which numbers a processor multiplies natively."""

from __future__ import annotations

import platform

import torch

__all__ = ["native_bfloat16"]

X86_64 = ("x86_64", "amd64")


def native_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself.

    torch also says so of processors with AVX-512 that only emulate it (Skylake to Ice Lake), where it is three to four
    times slower than float32. On x86 it takes AVX512-BF16 or AMX.
    """
    supported: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001 - torch has no public name for it
    if not supported or platform.machine().lower() not in X86_64:
        return supported
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001 - likewise
