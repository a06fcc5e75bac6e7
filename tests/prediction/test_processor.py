import os
from pathlib import Path

import pytest

from pharmaner.prediction.processor import saturates_int8, usable_cores


@pytest.mark.parametrize(
    ("flags", "saturates"),
    [
        ("fpu sse avx avx2", True),
        ("fpu avx2 avx512f avx512bw", True),
        ("fpu avx2 avx512f avx512_vnni", False),
        ("fpu avx2 avx_vnni", False),
        ("fpu avx2 not_avx_vnni", True),
    ],
)
def test_x86_saturates_without_vnni(flags: str, saturates: bool, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: avx_vnni\n")
    assert saturates_int8("x86_64", cpuinfo) is saturates
    assert saturates_int8("AMD64", cpuinfo) is saturates


def test_other_processors_do_not_and_unknown_x86_might(tmp_path: Path) -> None:
    assert saturates_int8("aarch64", tmp_path / "absent") is False
    assert saturates_int8("x86_64", tmp_path / "absent") is True


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 4), ("200000 100000", 2), ("150000 100000", 2), ("1000 100000", 1), ("", 4)],
)
def test_a_containers_quota_bounds_the_cores(
    quota: str, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert usable_cores(tmp_path / "absent") == 4
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path / "cpu.max") == cores
