"""Words per second of pharmaner, of transformers' pipeline and of spaCy, side by side.

    python benchmarks/prediction_speed.py --model MODEL [--model EXPORTED ...] [--quick]

Every system runs in a process of its own, in turn, round after round; a ratio is the median of
the rounds' ratios. The first --model must hold torch weights: the other systems read it.
--peer-python is a Python with spacy-huggingface-pipelines, see docs/benchmarks.md.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from common import (
    RESULTS,
    count_words,
    matmul_peak,
    read_documents,
    run_worker,
    text_folder,
    write_results,
)

from pharmaner.model_folder import TORCH_WEIGHTS, open_model_folder
from pharmaner.prediction.windower import Windower
from pharmaner.text.pieces import PieceTokenizer
from pharmaner.text.words import split_words

BASE = "pipeline, sentences, batch 1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, action="append", required=True)
    parser.add_argument("--texts", type=Path, default=text_folder())
    parser.add_argument("--documents", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--quick", action="store_true", help="6 documents, 1 round: does it run?")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if not open_model_folder(options.model[0]).holds(TORCH_WEIGHTS):
        parser.error(f"--model {options.model[0]}: the first must hold {TORCH_WEIGHTS}")
    if options.quick:
        options.documents, options.rounds = 6, 1
    texts = read_documents(options.texts, options.documents)
    words = count_words([text for _, text in texts])
    peaks = {"fp32": matmul_peak("float32")}
    systems = chosen_systems(options.model, options.peer_python)
    rounds = [
        {name: run_worker("prediction_systems.py", task | {"texts": texts}, python)
         for name, (task, python) in systems.items()}
        for _ in range(options.rounds)
    ]  # fmt: skip
    peaks["fp32"] = max(peaks["fp32"], matmul_peak("float32"))
    work = flops(options.model[0], [text for _, text in texts])
    rows = [row(name, rounds, words, work / peaks["fp32"] / 1e9) for name in systems]
    measured = [{n: {k: v for k, v in r.items() if k != "spans"} for n, r in x.items()}
                for x in rounds]  # fmt: skip
    found = {"documents": len(texts), "words": words, "peak_gflops": peaks, "flops": work}
    found |= {"rounds": measured, "rows": rows}
    write_results(options.results, "prediction_speed", "Prediction speed", found, rows)


def chosen_systems(models: Sequence[Path], peer: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Each system's task and its Python."""
    plain = str(models[0])
    tasks: dict[str, tuple[dict[str, Any], str]] = {}
    for kind in ("pipeline, sentences", "pipeline, our windows"):
        for batch in (1, 16):
            task = {"system": kind, "model": plain, "batch": batch}
            tasks[f"{kind}, batch {batch}"] = (task, sys.executable)
    probe = [peer, "-c", "import spacy_huggingface_pipelines"]
    if subprocess.run(probe, check=False, capture_output=True).returncode == 0:
        task = {"system": "spaCy hf_token_pipe", "model": plain, "batch": 16}
        tasks["spaCy hf_token_pipe, batch 16"] = (task, peer)
    else:
        print(f"{peer}: no spacy_huggingface_pipelines, so spaCy is left out", file=sys.stderr)
    for model in models:
        task = {"system": "pharmaner", "model": str(model), "batch": 0}
        tasks[f"pharmaner, {model.name}"] = (task, sys.executable)
    return tasks


def row(
    name: str, rounds: Sequence[dict[str, dict[str, Any]]], words: int, least_seconds: float
) -> dict[str, Any]:
    """A line of the table; ``least_seconds`` is how long the work takes at the machine's peak."""
    ours = next(other for other in rounds[0] if other.startswith("pharmaner"))
    own = [results[name] for results in rounds]
    seconds = median(result["seconds"] for result in own)
    ratios = [results[BASE]["seconds"] / results[name]["seconds"] for results in rounds]
    share = f"{100 * least_seconds / seconds:.0f} %" if name.startswith("pharmaner") else ""
    return {
        "system": name,
        "words/s": round(words / seconds),
        "times the pipeline": f"{median(ratios):.2f}",
        "CPU ms a word": f"{1000 * median(r['cpu_seconds'] for r in own) / words:.3f}",
        "peak MB": round(max(result["peak_mb"] for result in own)),
        "span F1 against ours": f"{100 * agreement(own[0]['spans'], rounds[0][ours]['spans']):.2f}",
        "share of fp32 peak": share,
    }


def agreement(some: dict[str, list[Any]], others: dict[str, list[Any]]) -> float:
    """Strict F1 between two systems' spans, a measure without a side."""
    one = {(name, *span) for name, spans in some.items() for span in spans}
    other = {(name, *span) for name, spans in others.items() for span in spans}
    return 2 * len(one & other) / max(1, len(one) + len(other)) if one or other else 1.0


def flops(model: Path, texts: Sequence[str]) -> float:
    """The multiplications and additions of the encoder's matrix products over a model's windows."""
    import json

    config = json.loads((model / "config.json").read_text())
    width, layers = config["hidden_size"], config["num_hidden_layers"]
    folder = open_model_folder(model)
    windower = Windower(PieceTokenizer.from_file(model / "tokenizer.json"), folder.recipe.text)
    total = 0.0
    for text in texts:
        for window in windower.windows(text, split_words(text)):
            length = len(window.input_ids)
            weights = 4 * width * width + 2 * width * config["intermediate_size"]
            total += layers * (2 * length * weights + 4 * length * length * width)
    return total


if __name__ == "__main__":
    main()
