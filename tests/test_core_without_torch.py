"""The core install has no torch: everything but training must say or do something sensible."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "accelerate", "onnx", "onnxscript"}:
            raise ImportError(f"{name} is not installed")
sys.meta_path.insert(0, Blocker())
from pharmaner.cli.main import run
run()
"""


def run_without_torch(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BLOCKED, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def corpus(write_corpus: Callable[..., Path]) -> Path:
    return write_corpus(d=("Toma litio", "T1\tDRUG 5 10\tlitio\n"))


def test_audit_and_evaluate_need_no_torch(corpus: Path) -> None:
    assert run_without_torch("audit", corpus).returncode == 0
    result = run_without_torch("evaluate", corpus, corpus, "--json")
    assert json.loads(result.stdout)["f1"] == 1.0


@pytest.mark.parametrize("verb", ["train", "predict", "compare", "report", "serve"])
def test_what_needs_torch_says_how_to_get_it(corpus: Path, trained: Path, verb: str) -> None:
    arguments = {
        "train": ("train", "--train", corpus, "--output", corpus.parent / "m"),
        "compare": ("compare", "--train", corpus, "--dev", corpus, "--output", corpus.parent / "c"),
        "report": ("report", trained, "--dev", corpus, "--output", corpus.parent / "r"),
        "predict": ("predict", "--model", trained, corpus),
        "serve": ("serve", "--model", trained, "--port", 0),
    }
    result = run_without_torch(*arguments[verb])
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].endswith("`pip install 'pharmaner[train]'` brings it")


def test_a_report_on_the_training_needs_no_torch(trained: Path, tmp_path: Path) -> None:
    assert run_without_torch("report", trained, "--output", tmp_path / "r").returncode == 0
    assert (tmp_path / "r" / "report.html").is_file()


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'numpy', 'pydantic', 'tokenizers', 'rich'}"
    code = f"import sys, pharmaner; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
