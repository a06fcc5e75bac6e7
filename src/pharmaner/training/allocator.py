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
    _call("mallopt", _MMAP_MAX, 0)
    _call("mallopt", _TRIM_THRESHOLD, -1)


def release_freed_memory() -> None:
    """Hand back what is kept; now and then, for batches of many lengths leave gaps."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    if function is not None:
        function(*arguments)
