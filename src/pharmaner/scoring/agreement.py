"""Annotator against annotator: how far several annotations of the same texts agree.

The measure is the F1 of spans with their types: with one annotator as gold and the other as system
it is the same whichever way round (Hripcsak and Rothschild, 2005, doi:10.1197/jamia.M1733).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pharmaner.document import Document
from pharmaner.errors import CorpusError
from pharmaner.scoring.error_analysis import (
    ErrorAnalysis,
    ErrorClass,
    MentionError,
    analyse,
    labelled_spans,
)
from pharmaner.scoring.strict import Counts, Scorer

_NAMES = {ErrorClass.MISSED: "only_first", ErrorClass.SPURIOUS: "only_second"}


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two annotators agree on the documents that both have.

    In ``analysis`` the first annotator is gold. ``only_first`` and ``only_second`` are the ids of
    documents that one of them lacks.
    """

    first: str
    second: str
    analysis: ErrorAnalysis
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries, every disagreement with both sides."""
        score = self.analysis.score
        return {
            "first": self.first,
            "second": self.second,
            "documents": score.documents,
            "only_first": list(self.only_first),
            "only_second": list(self.only_second),
            **_counts(score.micro),
            "by_type": {label: _counts(counts) for label, counts in score.by_type.items()},
            "disagreements": [_disagreement(error) for error in self.analysis.errors],
        }


def agreement(
    annotators: Mapping[str, Sequence[Document]], scorer: Scorer = Scorer.PUBLIC
) -> list[PairAgreement]:
    """Compare every two annotators.

    Args:
        annotators: each one's documents, by name; documents are matched by id.
        scorer: which types count, as in ``strict.score``.

    Raises:
        CorpusError: when two have different texts under one id, or no document in common.
    """
    pairs = []
    for (first, ones), (second, others) in combinations(annotators.items(), 2):
        texts = {document.id: document.text for document in others}
        for document in ones:
            if texts.get(document.id, document.text) != document.text:
                raise CorpusError(f"{document.id}: {first} and {second} have different texts")
        shared = [document for document in ones if document.id in texts]
        if not shared:
            raise CorpusError(f"{first} and {second} have no document in common")
        known = {document.id for document in shared}
        answers = [document for document in others if document.id in known]
        pairs.append(
            PairAgreement(
                first,
                second,
                analyse(shared, answers, scorer),
                tuple(document.id for document in ones if document.id not in known),
                tuple(document.id for document in others if document.id not in known),
            )
        )
    return pairs


def _counts(counts: Counts) -> dict[str, int | float]:
    return {
        "both": counts.true_positives,
        "first_alone": counts.false_negatives,
        "second_alone": counts.false_positives,
        "f1": counts.f1,
    }


def _disagreement(error: MentionError) -> dict[str, Any]:
    return {
        "document": error.document.id,
        "kind": _NAMES.get(error.kind, error.kind.value),
        "first": error.gold and labelled_spans(error.document, error.gold),
        "second": error.predicted and labelled_spans(error.document, error.predicted),
    }
