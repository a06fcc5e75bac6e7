"""What this machine's processor can compute."""

import math
import os
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


def usable_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many cores this process may use, where the system tells.

    Args:
        quota: where Linux says how much time in how much a container may use (cgroup v2).
    """
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    try:
        allowed, period = map(int, quota.read_text(encoding="utf-8").split())
    except (OSError, ValueError):  # none, or "max"
        return cores
    return max(1, min(cores, math.ceil(allowed / period)))
