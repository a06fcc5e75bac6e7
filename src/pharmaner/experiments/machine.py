"""What a machine computes with, without saying whose it is."""

import os
import platform
from pathlib import Path


def machine() -> dict[str, str | int]:
    """The processor's model name and the number of its logical cores."""
    return {"processor": _processor(), "cores": os.cpu_count() or 1}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
