"""What the benchmarks share: texts, the machine, workers in processes of their own, results."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any

from pharmaner.corpora.folder import read_text
from pharmaner.text.words import split_words

REPOSITORY = Path(__file__).resolve().parents[1]
UNLABELLED = REPOSITORY.parent / "shared" / "data" / "unlabelled"
PHARMACONER = REPOSITORY.parent / "shared" / "data" / "pharmaconer" / "train"
SAMPLE = REPOSITORY / "src" / "pharmaner" / "sample" / "train"
RESULTS = Path(__file__).resolve().parent / "results"
PEAK_SIZE = 2048


def text_folder() -> Path:
    """The unlabelled texts where they are, else the sample's."""
    return UNLABELLED if UNLABELLED.is_dir() else SAMPLE


def read_documents(folder: Path, count: int) -> list[tuple[str, str]]:
    """Names and texts of ``count`` documents, from all over a folder."""
    paths = sorted(folder.glob("*.txt"))
    step = max(1, len(paths) // count)
    return [(path.stem, read_text(path)) for path in paths[::step][:count]]


def short_texts(folder: Path, characters: int) -> Iterator[str]:
    """The beginnings of a folder's texts, cut at a space, over and over."""
    for path in cycle(sorted(folder.glob("*.txt"))):
        text = read_text(path)
        yield text[:characters].rpartition(" ")[0] if len(text) > characters else text


def count_words(texts: Sequence[str]) -> int:
    return sum(len(split_words(text)) for text in texts)


def machine() -> dict[str, Any]:
    import torch

    packages = ("torch", "transformers", "tokenizers", "onnxruntime")
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": date.today().isoformat(),
        "processor": model[0] if model else platform.processor(),
        "cores": os.cpu_count(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {name: version(name) for name in packages if _is_installed(name)},
    }


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def matmul_peak(dtype_name: str, seconds: float = 2.0) -> float:
    """The most GFLOP/s that one large matrix product reached, in that many seconds of trying."""
    import torch

    dtype = getattr(torch, dtype_name)
    a, b = (torch.randn(PEAK_SIZE, PEAK_SIZE).to(dtype) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        torch.mm(a, b)
        best = max(best, 2 * PEAK_SIZE**3 / (time.perf_counter() - begin))
    return best / 1e9


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_worker(script: str, task: dict[str, Any], python: str = sys.executable) -> dict[str, Any]:
    """Do a task in a process of its own: JSON in on its standard input, the last line of its
    output JSON."""
    path = str(Path(__file__).resolve().parent / script)
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    environment.setdefault("GOMP_SPINCOUNT", "10000")
    done = subprocess.run(
        [python, path, "--worker"],
        input=json.dumps(task),
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_pharmaner(*arguments: object) -> None:
    """Run a command of pharmaner in a process of its own, and say which."""
    command = [str(argument) for argument in arguments]
    print("$ pharmaner", *command, file=sys.stderr, flush=True)
    start = "from pharmaner.cli.main import run; run()"
    subprocess.run([sys.executable, "-c", start, *command], check=True)


def markdown_table(rows: Sequence[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def write_results(
    results: Path, name: str, title: str, found: dict[str, Any], rows: Sequence[dict[str, Any]]
) -> None:
    """Write NAME.json and NAME.md, paths shortened to their names, and print the latter."""
    results.mkdir(parents=True, exist_ok=True)
    given = [Path(argument).name if "/" in argument else argument for argument in sys.argv[1:]]
    command = f"`python benchmarks/{Path(sys.argv[0]).name} {' '.join(given)}`"
    found = {"machine": machine(), **found}
    machine_line = ", ".join(f"{key} {value}" for key, value in found["machine"].items())
    page = f"# {title}\n{command}\n\n{machine_line}\n\n{markdown_table(rows)}"
    (results / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    (results / f"{name}.md").write_text(page)
    print(page)
