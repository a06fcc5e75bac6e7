"""What each part of decoding gives a trained model, without training it again.

python benchmarks/ablation.py MODEL… --dev FOLDER

The network scores each corpus once; then its words' scores are decoded with the parts of the recipe
switched on one after the other, those of surface features where the model has any. Prints Markdown.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.selection import only_types, renamed
from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions
from pharmaner.decoding.greedy import decode
from pharmaner.decoding.transitions import legal_scores
from pharmaner.document import Document, Mention
from pharmaner.model_folder import open_model_folder
from pharmaner.scoring.strict import Counts, Scorer, score
from pharmaner.surface.scorer import surface_of
from pharmaner.tagger import Tagger


def rows(folder: Path, dev: list[Document]) -> Iterator[tuple[str, Counts]]:
    model = open_model_folder(folder)
    surface = surface_of(model)
    gold = only_types(renamed(dev, model.recipe.corpus), model.recipe.corpus.types)
    texts = [document.text for document in gold]
    predictor = Tagger.load(folder)._predictor
    predictor.surface = None
    network = list(predictor.emissions(gold))
    by_word = [decode(e, model.scheme) for e in network]
    yield "the network, each word by itself", counts(gold, by_word)
    plain = Decoder(model.scheme)
    yield "the network, legal sequences", counts(gold, plain.decode(network, texts))
    if surface is None:
        return
    seen = [surface.emissions(d.text, e.words) for d, e in zip(gold, network, strict=True)]
    joint = [added(e, s) for e, s in zip(network, seen, strict=True)]
    alone = [added(e, s - e.scores) for e, s in zip(network, seen, strict=True)]
    chain = legal_scores(model.scheme, surface.weighted_transitions)
    parts = Decoder(model.scheme, chain)
    whole = Decoder(model.scheme, chain, recurrence=model.recipe.decoding.recurrence)
    for name, decoder, emissions in (
        ("the surface features alone", parts, alone),
        ("network and surface features", parts, joint),
        ("and names that recur", whole, joint),
    ):
        yield name, counts(gold, decoder.decode(emissions, texts))


def added(emissions: Emissions, scores: np.ndarray) -> Emissions:
    return Emissions(emissions.document_id, emissions.words, emissions.scores + scores)


def counts(gold: list[Document], found: list[list[Mention]]) -> Counts:
    predicted = [d.with_mentions(mentions) for d, mentions in zip(gold, found, strict=True)]
    return score(gold, predicted, Scorer.PUBLIC).micro


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--dev", type=Path, required=True)
    options = parser.parse_args()
    dev = list(read_folder(options.dev).documents)
    for folder in options.models:
        print(f"\n| {folder.name} | P | R | F1 |\n|---|---|---|---|")
        for name, reached in rows(folder, dev):
            ratios = (reached.precision, reached.recall, reached.f1)
            print(f"| {name} | " + " | ".join(f"{100 * ratio:.2f}" for ratio in ratios) + " |")


if __name__ == "__main__":
    main()
