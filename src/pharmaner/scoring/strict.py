"""The shared task's score: exact type, start and end, micro-averaged over the documents.

Equal to the two official PharmaCoNER scorers (Gonzalez-Agirre et al., 2019,
doi:10.18653/v1/D19-5701): mentions are a set in each document, and 0/0 is 0.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pharmaner.document import Document, Span

Key = tuple[str, tuple[Span, ...]]
"""A mention as the scorers compare it: its type and its spans."""

UNSCORED = frozenset({"UNCLEAR"})
"""Types that the Codalab scorer leaves out of gold and system."""


class Scorer(StrEnum):
    """``codalab`` leaves UNCLEAR out on both sides; ``public`` counts every type."""

    CODALAB = "codalab"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives; they add."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    @property
    def precision(self) -> float:
        """The share of predictions that are right, 0 without predictions."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """The share of gold that was found, 0 without gold."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, 0 when both are."""
        twice = 2 * self.true_positives
        return _ratio(twice, twice + self.false_positives + self.false_negatives)

    def as_json(self) -> dict[str, int | float]:
        """The three counts and the three ratios."""
        return {
            "true_positives": self.true_positives,
            "false_positives": self.false_positives,
            "false_negatives": self.false_negatives,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """What a system's output is worth against gold.

    ``missing`` are gold documents that the system did not return, ``unexpected`` are returned
    documents that gold does not hold. ``signature`` says how the numbers came about.
    """

    documents: int
    micro: Counts
    by_type: dict[str, Counts]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    signature: str

    def as_json(self) -> dict[str, object]:
        """The same as plain dictionaries."""
        return {
            "documents": self.documents,
            **self.micro.as_json(),
            "by_type": {label: counts.as_json() for label, counts in self.by_type.items()},
            "missing": list(self.missing),
            "unexpected": list(self.unexpected),
            "signature": self.signature,
        }


def score(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    scorer: Scorer = Scorer.CODALAB,
    official_missing: bool = False,
) -> Score:
    """Score a system's output.

    Args:
        gold: annotated documents.
        predicted: the system's documents, matched by id.
        scorer: which official scorer to follow.
        official_missing: pass over gold documents that the system did not return, as the official
            scripts do; otherwise every mention of theirs counts as missed.
    """
    gold_ids = {document.id for document in gold}
    returned_ids = {document.id for document in predicted}
    documents = 0
    by_type: dict[str, Counts] = {}
    for _, expected, found in compared(gold, predicted, scorer, official_missing):
        documents += 1
        for label, here in _counts(expected, found).items():
            by_type[label] = by_type.get(label, Counts()) + here
    return Score(
        documents=documents,
        micro=sum(by_type.values(), Counts()),
        by_type=dict(sorted(by_type.items())),
        missing=tuple(document.id for document in gold if document.id not in returned_ids),
        unexpected=tuple(document.id for document in predicted if document.id not in gold_ids),
        signature=_signature(gold, scorer, official_missing),
    )


def document_counts(
    gold: Sequence[Document], predicted: Sequence[Document], scorer: Scorer = Scorer.CODALAB
) -> list[dict[str, Counts]]:
    """The counts by type of each gold document, in gold's order; ``score`` adds them up.

    Every mention of a document that the system did not return counts as missed. Types that occur
    on neither side of a document are absent from it.
    """
    return [_counts(expected, found) for _, expected, found in compared(gold, predicted, scorer)]


def compared(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    scorer: Scorer = Scorer.CODALAB,
    official_missing: bool = False,
) -> Iterator[tuple[Document, set[Key], set[Key]]]:
    """Each gold document that counts, with what should be found in it and what was.

    The arguments are those of ``score``.
    """
    unscored = left_out(scorer)
    returned = {document.id: document for document in predicted}
    for document in gold:
        if document.id in returned:
            yield document, _keys(document, unscored), _keys(returned[document.id], unscored)
        elif not official_missing:
            yield document, _keys(document, unscored), set()


def left_out(scorer: Scorer) -> frozenset[str]:
    """The types that a scorer leaves out of gold and system."""
    return UNSCORED if scorer is Scorer.CODALAB else frozenset()


def _counts(expected: set[Key], found: set[Key]) -> dict[str, Counts]:
    counts = {}
    for label in sorted({key[0] for key in expected | found}):
        wanted = {key for key in expected if key[0] == label}
        given = {key for key in found if key[0] == label}
        counts[label] = Counts(len(wanted & given), len(given - wanted), len(wanted - given))
    return counts


def _keys(document: Document, unscored: frozenset[str]) -> set[Key]:
    return {(m.label, m.spans) for m in document.mentions if m.label not in unscored}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _signature(gold: Iterable[Document], scorer: Scorer, official_missing: bool) -> str:
    from pharmaner import __version__

    missing = "skipped" if official_missing else "missed"
    return (
        f"strict|scorer:{scorer.value}|missing:{missing}|gold:{corpus_hash(gold)[:12]}"
        f"|pharmaner:{__version__}"
    )


def order_hash(documents: Iterable[Document]) -> str:
    """A SHA-256 over ids in their order, on which what is learned depends besides the corpus."""
    return hashlib.sha256("\n".join(document.id for document in documents).encode()).hexdigest()


def corpus_hash(documents: Iterable[Document]) -> str:
    """A SHA-256 over ids, texts and mentions, whatever the order of documents and mentions."""
    digest = hashlib.sha256()
    for document in sorted(documents, key=lambda d: d.id):
        mentions = sorted((m.spans, m.label) for m in document.mentions)
        places = [f"{label} {[(s.start, s.end) for s in spans]}" for spans, label in mentions]
        for part in (document.id, document.text, str(len(places)), *places):
            content = part.encode("utf-8")
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
