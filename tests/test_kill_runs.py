"""A few of the kills of ``benchmarks/kill_runs.py``; the script does as many as it is told."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_killed_verbs_end_in_the_output_of_an_undisturbed_run() -> None:
    command = [sys.executable, "-m", "benchmarks.kill_runs", "--kills", "7", "--seed", "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    rows = [line.split(" | ") for line in result.stdout.splitlines()[2:]]
    assert [row[0].removeprefix("| ") for row in rows] == [
        "train",
        "pretrain",
        "tune",
        "predict",
        "compare",
        "convert",
        "convert-to-brat",
    ]
    assert sum(int(row[2]) for row in rows) == 7
