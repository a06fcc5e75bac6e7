"""``pharmaner evaluate``."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import print_scores, say
from pharmaner.cli.corpora import read_annotated
from pharmaner.cli.dictionaries import load_dictionary, named_lists
from pharmaner.cli.options import (
    DictionaryOption,
    JsonOption,
    OfficialMissingOption,
    OnMismatchOption,
    PredictedArgument,
    ScoredModelOption,
    ScorerOption,
)
from pharmaner.corpora.mismatch import OnMismatch
from pharmaner.errors import CorpusError, InputError
from pharmaner.scoring.strict import Scorer

if TYPE_CHECKING:
    from pharmaner.document import Document
    from pharmaner.scoring.strict import Score
    from pharmaner.tagger import Tagger


def evaluate(
    gold: Annotated[Path, typer.Argument(help="The annotated corpus.")],
    predicted: PredictedArgument = None,
    model: ScoredModelOption = None,
    dictionary: DictionaryOption = None,
    scorer: ScorerOption = Scorer.CODALAB,
    official_missing: OfficialMissingOption = False,
    on_mismatch: OnMismatchOption = OnMismatch.KEEP,
    as_json: JsonOption = False,
) -> None:
    """Score a system's output, or a model, as the PharmaCoNER shared task does."""
    from pharmaner.scoring.strict import score

    documents, system = read_sides(
        "evaluate", gold, predicted, model, on_mismatch, scorer, dictionary
    )
    result = score(documents, system, scorer, official_missing)
    say_absent(result, official_missing)
    if as_json:
        typer.echo(json.dumps(result.as_json(), indent=2, ensure_ascii=False))
    else:
        print_scores(result.as_json())


def read_sides(
    verb: str,
    gold: Path,
    predicted: Path | None,
    model: Path | None,
    on_mismatch: OnMismatch,
    scorer: Scorer,
    dictionary: list[str] | None = None,
) -> "tuple[list[Document], list[Document]]":
    """The gold documents, and a system's or a model's for the same texts.

    Raises:
        InputError: when both ``predicted`` and ``model`` are given, or neither is and the package
            ships no tagger; when ``dictionary`` is given with ``predicted``.
        CorpusError: when a folder cannot be read, or gold has a type that the model does not know.
    """
    from pharmaner.model_folder import shipped_folder

    if predicted is None and model is None:
        model = shipped_folder()
    if (predicted is None) is (model is None):
        raise InputError(f"{verb}: one of PREDICTED and --model DIR is accepted")
    if predicted is not None and dictionary:
        raise InputError(f"{verb}: --dictionary goes with --model, not with PREDICTED")
    documents = read_annotated(gold, on_mismatch)
    if model is not None:
        from pharmaner.tagger import Tagger

        names = load_dictionary(named_lists(dictionary))
        tagger = Tagger.load(model, dictionary=names)
        named, found = predict_gold(tagger, documents)
        _say_never_found(tagger, named, scorer)
        return named, found
    return documents, _read(predicted or gold, documents)


def say_absent(result: "Score", official_missing: bool) -> None:
    """Name the documents that only gold or only the system has."""
    for names, fate in (
        (result.missing, "passed over" if official_missing else "all of its mentions missed"),
        (result.unexpected, "not in the gold corpus, not scored"),
    ):
        for name in names:
            say(f"{name}: {fate}")


def _say_never_found(tagger: "Tagger", gold: "list[Document]", scorer: Scorer) -> None:
    """Count what is scored in gold though the tagger never returns its type."""
    from pharmaner.scoring.strict import left_out

    returned = {*tagger.recipe.corpus.types, *left_out(scorer)}
    labels = Counter(m.label for document in gold for m in document.mentions)
    for label, count in sorted(labels.items()):
        if label not in returned:
            say(f"{count} gold mentions of {label}, which the model never finds, count as missed")


def _read(folder: Path, gold: "list[Document]") -> "list[Document]":
    from pharmaner.corpora.formats.reading import read_predictions
    from pharmaner.corpora.report import ProblemKind, refuse, summary

    corpus = read_predictions(folder, gold)
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
    try:
        check_types_known(named, tagger.recipe.corpus)
    except CorpusError as error:
        way = "evaluate what `pharmaner predict` writes to count such mentions as missed"
        raise CorpusError(f"{error}; {way}") from None
    predictions = list(tagger.predict_documents(named))
    if outside := sum(prediction.words_read_as_outside for prediction in predictions):
        say(f"{outside} words were tagged X, CLS or SEP and read as O")
    if overruled := sum(prediction.positions_overruled for prediction in predictions):
        say(f"{overruled} pieces that begin no word had a word's tag, which was not read")
    return named, [prediction.document for prediction in predictions]
