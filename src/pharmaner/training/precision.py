"""bf16 where the hardware computes it, fp32 elsewhere."""

from typing import Literal

import torch


def resolve_precision(wanted: Literal["auto", "bf16", "fp32"]) -> Literal["bf16", "fp32"]:
    """The precision that ``auto`` means on this machine; others are taken as they are."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if _cpu_computes_bf16() else "fp32"


def _cpu_computes_bf16() -> bool:
    capabilities = torch.backends.cpu.get_cpu_capability()
    has_instructions = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return "AVX512" in capabilities and bool(has_instructions)
