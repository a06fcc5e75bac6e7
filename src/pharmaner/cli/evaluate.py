"""``pharmaner evaluate``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import print_scores, say
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.options import JsonOption, OnMismatchOption, ScorerOption
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import InputError
from pharmaner.scoring.strict import Scorer

if TYPE_CHECKING:
    from pharmaner.document import Document
    from pharmaner.tagger import Tagger


def evaluate(
    gold: Annotated[Path, typer.Argument(help="The annotated folder.")],
    predicted: Annotated[
        Path | None, typer.Argument(help="A folder with a system's .ann files.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Score this model instead.")] = None,
    scorer: ScorerOption = Scorer.CODALAB,
    official_missing: Annotated[
        bool, typer.Option(help="Pass over documents that the system did not return.")
    ] = False,
    on_mismatch: OnMismatchOption = OnMismatch.KEEP,
    as_json: JsonOption = False,
) -> None:
    """Score a system's output, or a model, as the PharmaCoNER shared task does."""
    from pharmaner.scoring.strict import score

    if (predicted is None) is (model is None):
        raise InputError("evaluate: one of PREDICTED and --model DIR is accepted")
    documents = read_annotated(gold, on_mismatch)
    if model is not None:
        from pharmaner.tagger import Tagger

        documents, system = predict_gold(Tagger.load(model), documents)
    else:
        system = _read(predicted or gold, documents)
    result = score(documents, system, scorer, official_missing)
    for names, fate in (
        (result.missing, "passed over" if official_missing else "all of its mentions missed"),
        (result.unexpected, "not in the gold corpus, not scored"),
    ):
        for name in names:
            say(f"{name}: {fate}")
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=2, ensure_ascii=False))
    else:
        print_scores(result.as_json())


def _read(folder: Path, gold: "list[Document]") -> "list[Document]":
    from pharmaner.corpora.folder import read_annotations_over
    from pharmaner.corpora.report import ProblemKind, refuse, summary

    corpus = read_annotations_over(folder, gold)
    missing_gold = [p for p in corpus.problems if p.kind is ProblemKind.MISSING_TXT]
    for problem in missing_gold:
        say(f"{problem}, not scored")
    others = [p for p in corpus.problems if p.kind is not ProblemKind.MISSING_TXT]
    refuse(others)
    if others:
        say(f"{folder}: {summary(others)}")
    return list(corpus.documents)


def predict_gold(
    tagger: "Tagger", gold: "list[Document]"
) -> "tuple[list[Document], list[Document]]":
    """Gold with its types named as the tagger's recipe does, and the tagger's predictions for it.

    Raises:
        CorpusError: when gold holds a type that the tagger does not know.
    """
    from pharmaner.corpora.selection import check_types_known, renamed

    named = renamed(gold, tagger.recipe.corpus)
    check_types_known(named, tagger.recipe.corpus)
    predictions = list(tagger.predict_documents(named))
    if outside := sum(prediction.words_read_as_outside for prediction in predictions):
        say(f"{outside} words were tagged X, CLS or SEP and read as O")
    if overruled := sum(prediction.positions_overruled for prediction in predictions):
        say(f"{overruled} pieces that begin no word had a word's tag, which was not read")
    return named, [prediction.document for prediction in predictions]
