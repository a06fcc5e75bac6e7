"""What this machine's processor can compute."""

import platform
from pathlib import Path

_X86 = {"x86_64", "amd64", "i386", "i686"}


def saturates_int8(machine: str | None = None, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether sums of two products of 8-bit numbers may overflow their 16 bits.

    They do on x86 without VNNI, unless one factor has 7 bits ("reduced range"). Where the
    system does not tell, the answer is the careful one.

    Args:
        machine: the processor's architecture; this machine's by default.
        cpuinfo: where Linux lists what the processor can do.
    """
    if (machine or platform.machine()).lower() not in _X86:
        return False
    try:
        flags = cpuinfo.read_text(encoding="utf-8").partition("\nflags")[2].partition("\n")[0]
    except OSError:
        return True
    return not {"avx512_vnni", "avx_vnni"} & set(flags.split())
