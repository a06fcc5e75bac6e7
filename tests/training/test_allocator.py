"""What a step frees is there for the next one, without the kernel."""

import platform
import subprocess
import sys

import pytest

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


def faults(how: str) -> int:
    command = [sys.executable, "-c", ROUNDS, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_freed_blocks_are_not_fetched_from_the_kernel_again() -> None:
    assert faults("kept") < faults("default") / 100
