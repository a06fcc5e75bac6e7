"""What a step frees is there for the next one, without the kernel."""

import platform
import subprocess
import sys

import pytest

glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
ROUNDS = """
import resource, sys
import torch
from pharmaner.training.allocator import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
def use():
    blocks = [torch.empty(16_000_000).fill_(1.0) for _ in range(3)]
for _ in range(10):
    use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


RELEASED = """
from pathlib import Path
import torch
from pharmaner.training.allocator import keep_freed_memory, release_freed_memory

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 1_000_000
keep_freed_memory()
held = [torch.empty(4_000_000).fill_(1.0) for _ in range(32)]
del held[::2]
before = resident_mb()
release_freed_memory()
print(before - resident_mb())
"""


def run(script: str, *arguments: str) -> int:
    command = [sys.executable, "-c", script, *arguments]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@glibc_only
def test_freed_blocks_are_not_fetched_from_the_kernel_again() -> None:
    assert run(ROUNDS, "kept") < run(ROUNDS, "default") / 100


@glibc_only
def test_gaps_between_blocks_in_use_are_handed_back_when_asked() -> None:
    freed_mb = 16 * 16
    assert run(RELEASED) > 0.8 * freed_mb
