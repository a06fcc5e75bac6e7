"""How a tagger's dev F1 grows with the documents it learns from, by where it starts.

python benchmarks/learning_curve.py --train FOLDER --dev FOLDER --work FOLDER --start ENCODER…

The smaller corpora are parts of the larger ones, and have epochs of their own. Dev judges what
the last epoch leaves. What else a training is to differ in from the default recipe follows
``--set``. One that was interrupted goes on; finished ones are not repeated. Prints Markdown: the F1
of the network alone, and of the whole tagger.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from ablation import rows
from common import run_pharmaner

from pharmaner.corpora.folder import read_folder

NETWORK = 1


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


def train(start: str, corpus: Path, epochs: int, options: argparse.Namespace, output: Path) -> None:
    changes = [*options.set, f"training.epochs={epochs}"]
    settings = [argument for each in changes for argument in ("--set", each)]
    rest = ["--seed", options.seed, "--output", output, "--resume"]
    run_pharmaner("train", "--encoder", start, "--train", corpus, *settings, *rest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--start", nargs="+", required=True)
    parser.add_argument("--documents", type=int, nargs="+", default=[50, 100, 250])
    parser.add_argument("--epochs", type=int, nargs="+", default=[10, 8, 6])
    parser.add_argument("--skip", type=int, default=0, help="documents that a start has learned")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    dev = read_folder(options.dev).documents
    print("| start | " + " | ".join(map(str, options.documents)) + " |")
    print("|---" * (1 + len(options.documents)) + "|")
    for start in options.start:
        curve = []
        for documents, epochs in zip(options.documents, options.epochs, strict=True):
            name = f"{documents}-after-{options.skip}"
            corpus = part(options.train, documents, options.skip, options.work / name)
            output = options.work / f"{Path(start).name}-{name}-seed{options.seed}"
            if not output.is_dir():
                train(start, corpus, epochs, options, output)
            found = [counts.f1 for _, counts in rows(output, dev)]
            curve.append(f"{100 * found[NETWORK]:.2f}, {100 * found[-1]:.2f}")
        print(f"| {Path(start).name} | " + " | ".join(curve) + " |", flush=True)


if __name__ == "__main__":
    main()
