"""What a document costs, and how much memory is held, from 1 to 20,000 documents.

    python benchmarks/scaling.py --model MODEL [--quick]

Each size is one ``pharmaner predict FOLDER --output DIR`` in a process of its own over short texts,
the beginnings of the unlabelled ones. Its start-up is in the seconds; the cost of a document is
what each one after the first adds.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common import RESULTS, count_words, short_texts, text_folder, write_results

SIZES = [1, 10, 100, 1_000, 10_000, 20_000]
QUICK_SIZES = [1, 10, 40]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, default=text_folder())
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--characters", type=int, default=300, help="The longest text.")
    parser.add_argument("--format", default="jsonl", choices=["brat", "jsonl"])
    parser.add_argument("--quick", action="store_true", help="Up to 40 documents: does it run?")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    sizes = sorted(QUICK_SIZES if options.quick else options.sizes)
    texts = list(islice(short_texts(options.texts, options.characters), min(sizes[-1], 1000)))
    found = []
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "texts"
        folder.mkdir()
        for size in sizes:
            fill(folder, texts, size)
            output = Path(temporary) / f"output-{size}"
            found.append({"documents": size, **measure(options, folder, output)})
    for result in found:
        more = max(1, result["documents"] - sizes[0])
        result["ms_a_document"] = 1000 * (result["seconds"] - found[0]["seconds"]) / more
    rows = [row(result) for result in found]
    words = count_words(texts) / len(texts)
    everything = {"words_a_document": words, "sizes": found, "rows": rows}
    write_results(options.results, "scaling", "Cost and memory by documents", everything, rows)


def fill(folder: Path, texts: Sequence[str], size: int) -> None:
    """Write as many documents as are missing; the texts recur."""
    for number in range(sum(1 for _ in folder.iterdir()), size):
        (folder / f"d{number:06}.txt").write_bytes(texts[number % len(texts)].encode())


def measure(options: argparse.Namespace, folder: Path, output: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "pharmaner", "predict", str(folder)]
    command += ["--model", str(options.model), "--format", options.format, "--output", str(output)]
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    seconds = time.perf_counter() - begin
    cpu = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": usage.ru_maxrss / 1024}


def row(result: dict[str, Any]) -> dict[str, Any]:
    is_first = result["ms_a_document"] == 0
    return {
        "documents": f"{result['documents']:,}",
        "seconds": f"{result['seconds']:.1f}",
        "CPU seconds": f"{result['cpu_seconds']:.1f}",
        "ms a further document": "" if is_first else f"{result['ms_a_document']:.1f}",
        "peak MB": round(result["peak_mb"]),
    }


if __name__ == "__main__":
    main()
