"""How a tagger's dev F1 grows with the documents it learns from, by where it starts.

python benchmarks/learning_curve.py --train FOLDER --dev FOLDER --work FOLDER --start ENCODER…

The smaller corpora are parts of the larger ones. Every training has the same epochs and keeps the
best on dev; what else it is to differ in from the default recipe follows ``--set``. A training that
was interrupted goes on; finished ones are not repeated. Prints Markdown.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from common import run_pharmaner

from pharmaner.model_folder import MANIFEST


def part(corpus: Path, documents: int, skip: int, folder: Path) -> Path:
    """A brat folder of so many documents by a fixed random order, after the first ``skip``."""
    names = sorted(path.stem for path in corpus.glob("*.txt"))
    order = np.random.default_rng(0).permutation(len(names))[skip : skip + documents]
    if len(order) < documents:
        raise SystemExit(f"{corpus}: {len(names)} documents, {skip} + {documents} are asked for")
    folder.mkdir(parents=True, exist_ok=True)
    for place in order:
        for suffix in (".txt", ".ann"):
            shutil.copy(corpus / f"{names[place]}{suffix}", folder)
    return folder


def train(start: str, corpus: Path, options: argparse.Namespace, output: Path) -> dict[str, float]:
    """Precision, recall and F1 on dev of what is learned."""
    if not output.is_dir():
        settings = [argument for each in options.set for argument in ("--set", each)]
        corpora = ["--train", corpus, "--dev", options.dev]
        rest = ["--seed", options.seed, "--output", output, "--resume"]
        run_pharmaner("train", "--encoder", start, *corpora, *settings, *rest)
    found: dict[str, float] = json.loads((output / MANIFEST).read_text("utf-8"))["metrics"]["dev"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--start", nargs="+", required=True)
    parser.add_argument("--documents", type=int, nargs="+", default=[50, 100, 250])
    parser.add_argument("--skip", type=int, default=0, help="documents that a start has learned")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    print("| start | " + " | ".join(map(str, options.documents)) + " |")
    print("|---" * (1 + len(options.documents)) + "|")
    for start in options.start:
        cells = []
        for documents in options.documents:
            name = f"{documents}-after-{options.skip}"
            corpus = part(options.train, documents, options.skip, options.work / name)
            output = options.work / f"{Path(start).name}-{name}-seed{options.seed}"
            reached = train(start, corpus, options, output)
            ratios = (reached[ratio] for ratio in ("precision", "recall", "f1"))
            cells.append(" / ".join(f"{100 * ratio:.2f}" for ratio in ratios))
        print(f"| {Path(start).name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
