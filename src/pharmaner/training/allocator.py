"""Memory that a step frees is kept for the next one."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""glibc's names for what ``mallopt`` sets, see malloc.h."""


def keep_freed_memory() -> None:
    """Have glibc keep what is freed in this process, instead of handing it back to the kernel.

    A training frees and asks for the same large blocks at every step. By default each comes
    fresh from the kernel, page by page and zeroed, which takes a third of a step on two cores.
    Elsewhere than on glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)
