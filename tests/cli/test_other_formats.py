"""Every verb reads every format: a small corpus in English, of restaurants, as CoNLL."""

import json
import random
from pathlib import Path

import pytest

from pharmaner.corpora.folder import write_folder
from pharmaner.corpora.formats.table import FORMATS
from pharmaner.document import Document
from tests.cli.conftest import Cli

DISHES = ["ramen", "tacos", "gnocchi", "fish pie", "dal", "mango lassi"]
PLACES = ["Soho", "Leith", "Camden Town", "Hackney"]
SENTENCES = [
    "We ate {dish} in {place} .",
    "The {dish} at a bar near {place} was cold .",
    "Go to {place} for {dish} , not for the view !",
]


def restaurant_reviews(count: int) -> str:
    """Reviews of two sentences as tokens with tags."""
    draw = random.Random(3)
    lines = []
    for _ in range(count):
        lines.append("-DOCSTART- -X- O\n")
        for _ in range(2):
            named = {"dish": draw.choice(DISHES), "place": draw.choice(PLACES)}
            for part in draw.choice(SENTENCES).split():
                kind = part.strip("{}")
                tokens = named.get(kind, part).split()
                for place, token in enumerate(tokens):
                    prefix = "I" if place else "B"
                    tag = f"{prefix}-{kind.upper()}" if kind in named else "O"
                    lines.append(f"{token} NN {tag}")
            lines.append("")
    return "\n".join(lines) + "\n"


def test_a_conll_corpus_of_another_domain_and_language_trains(
    cli: Cli, tiny_bert: Path, tmp_path: Path
) -> None:
    train, dev, model = tmp_path / "train.conll", tmp_path / "dev.conll", tmp_path / "model"
    train.write_text(restaurant_reviews(30))
    dev.write_text(restaurant_reviews(6))
    audited = json.loads(cli("audit", train, "--json").out)
    assert (audited["documents"], audited["problems"]) == (30, [])
    assert audited["mentions"] == {"DISH": 60, "PLACE": 60}
    settings = ["training.epochs=20", "training.precision=fp32", "training.batch_pieces=256"]
    settings += ["text.window=32", "text.context=4"]
    settings += ["training.learning_rate=3e-3", "training.head_learning_rate=3e-3"]
    options = [option for setting in settings for option in ("--set", setting)]
    files = ("--train", train, "--dev", dev, "--output", model)
    result = cli("train", *files, "--encoder", tiny_bert, *options)
    assert result.code == 0, result.err
    assert "120 mentions aligned with words, none lost" in result.err
    scores = json.loads(cli("evaluate", dev, "--model", model, "--json").out)
    assert scores["documents"] == 6
    assert scores["f1"] > 0.6
    errors = json.loads(cli("errors", dev, "--model", model, "--train", train, "--json").out)
    assert errors["score"]["f1"] == scores["f1"]
    report = cli("report", model, "--dev", dev, "--output", tmp_path / "report")
    assert report.code == 0, report.err


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_predictions_score_the_same_in_every_format(
    name: str, cli: Cli, small_corpus: list[Document], tmp_path: Path
) -> None:
    form = FORMATS[name]
    documents = [form.fit(document)[0] for document in small_corpus]
    halved = [d.with_mentions(d.mentions[:1]) for d in documents[1:]]
    paths = [tmp_path / f"{side}{(form.suffixes or ('',))[0]}" for side in ("gold", "system")]
    for path, held in zip(paths, (documents, halved), strict=True):
        if form.is_folder:
            write_folder(held, path)
        else:
            form.write(held, path)
    result = cli("evaluate", *paths, "--json")
    assert result.code == 0, result.err
    scores = json.loads(result.out)
    assert (scores["documents"], scores["true_positives"], scores["false_positives"]) == (8, 7, 0)
    assert scores["false_negatives"] == sum(len(d.mentions) for d in small_corpus) - 7
    assert scores["missing"] == ["note-0"]


def test_a_system_with_other_texts_is_refused(
    cli: Cli, small_corpus: list[Document], tmp_path: Path
) -> None:
    gold, system = tmp_path / "gold", tmp_path / "system.conll"
    write_folder(small_corpus, gold)
    FORMATS["conll"].write([FORMATS["conll"].fit(d)[0] for d in small_corpus], system)
    result = cli("evaluate", gold, system)
    message = f"error: {system}: the text of 'note-0' differs from the gold document's"
    assert (result.code, result.err.splitlines()[-1]) == (2, message)
