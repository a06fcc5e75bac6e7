"""An error analysis broken down: by type, length, what training held, characters, document."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pharmaner.document import Document, Mention
from pharmaner.scoring.error_analysis import (
    OF_FALSE_NEGATIVES,
    OF_FALSE_POSITIVES,
    ErrorAnalysis,
    ErrorClass,
)
from pharmaner.scoring.strict import Counts

NOTHING = "no mention"
"""Stands in the confusion matrix where a mention has no partner; brat's types hold no space."""

_FAMILIES = {
    "NORMALIZABLES": "chemical",
    "NO_NORMALIZABLES": "chemical",
    "PROTEINAS": "protein",
}
_MANY_WORDS = 4
_MINUS = "\u2212"

Buckets = Callable[[Document, Mention], Iterable[str]]


@dataclass(slots=True)
class Tally:
    """What became of some of the mentions; false negatives and false positives by class.

    A false negative counts where its gold mention belongs, a false positive where its predicted
    one does.
    """

    true_positives: int = 0
    false_negatives: Counter[ErrorClass] = field(default_factory=Counter)
    false_positives: Counter[ErrorClass] = field(default_factory=Counter)

    @property
    def counts(self) -> Counts:
        """The same without classes."""
        return Counts(
            self.true_positives, self.false_positives.total(), self.false_negatives.total()
        )

    @property
    def errors(self) -> int:
        """False negatives and false positives together."""
        return self.false_negatives.total() + self.false_positives.total()

    def as_json(self) -> dict[str, object]:
        """The true positives, both kinds of errors by class, and the three ratios."""
        counts = self.counts
        return {
            "true_positives": self.true_positives,
            "false_negatives": {
                kind.value: self.false_negatives[kind] for kind in OF_FALSE_NEGATIVES
            },
            "false_positives": {
                kind.value: self.false_positives[kind] for kind in OF_FALSE_POSITIVES
            },
            "precision": counts.precision,
            "recall": counts.recall,
            "f1": counts.f1,
        }


def break_down(
    analysis: ErrorAnalysis, seen: frozenset[str] | None = None
) -> dict[str, dict[str, Tally]]:
    """Tallies by ``type``, ``length``, ``characters``, ``document`` and, if known, ``seen``.

    Lengths are in words between white space, ``4+`` for four and more. In ``characters`` a mention
    counts under each of hyphen, digit and accent that it holds; every other breakdown has each
    mention once.

    Args:
        analysis: the errors.
        seen: the surfaces of the training corpus, from ``surfaces``.
    """
    dimensions: dict[str, Buckets] = {
        "type": lambda _, mention: [mention.label],
        "length": lambda document, mention: [_length(document.text_of(mention))],
        "characters": lambda document, mention: _characters(document.text_of(mention)),
        "document": lambda document, _: [document.id],
    }
    if seen is not None:
        dimensions["seen"] = lambda document, mention: [
            "seen" if surface(document, mention) in seen else "unseen"
        ]
    return {name: _tallies(analysis, buckets) for name, buckets in dimensions.items()}


def confusion(analysis: ErrorAnalysis) -> dict[str, dict[str, int]]:
    """How often each gold type (rows) was predicted as each type (columns), exact or overlapping.

    ``NOTHING`` is the column of missed mentions and the row of spurious ones. Only what occurs is
    there.
    """
    cells = Counter((mention.label, mention.label) for _, mention in analysis.exact)
    for error in analysis.errors:
        row = error.gold.label if error.gold else NOTHING
        cells[row, error.predicted.label if error.predicted else NOTHING] += 1
    rows: dict[str, dict[str, int]] = {}
    for (row, column), count in sorted(cells.items()):
        rows.setdefault(row, {})[column] = count
    return rows


def wrong_types(analysis: ErrorAnalysis) -> dict[str, dict[ErrorClass, int]]:
    """The pairs of differing types by what was taken for what, whichever way round.

    The types of PharmaCoNER are told apart as ``chemical against protein`` and ``NORMALIZABLES
    against NO_NORMALIZABLES``; other types by their names.
    """
    kinds = (ErrorClass.TYPE, ErrorClass.BOUNDARY_AND_TYPE)
    found: dict[str, dict[ErrorClass, int]] = {}
    for error in analysis.errors:
        if error.gold and error.predicted and error.kind in kinds:
            names = " against ".join(sorted(_families(error.gold.label, error.predicted.label)))
            found.setdefault(names, dict.fromkeys(kinds, 0))[error.kind] += 1
    return dict(sorted(found.items()))


def surfaces(documents: Iterable[Document]) -> frozenset[str]:
    """The annotated surfaces of a corpus, of any type, as ``surface`` writes them."""
    return frozenset(surface(document, m) for document in documents for m in document.mentions)


def surface(document: Document, mention: Mention) -> str:
    """The text of a mention, case-folded, with single spaces."""
    return " ".join(document.text_of(mention).split()).casefold()


def _tallies(analysis: ErrorAnalysis, buckets: Buckets) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for document, mention in analysis.exact:
        for bucket in buckets(document, mention):
            tallies.setdefault(bucket, Tally()).true_positives += 1
    for error in analysis.errors:
        for bucket in buckets(error.document, error.gold) if error.gold else ():
            tallies.setdefault(bucket, Tally()).false_negatives[error.kind] += 1
        for bucket in buckets(error.document, error.predicted) if error.predicted else ():
            tallies.setdefault(bucket, Tally()).false_positives[error.kind] += 1
    return dict(sorted(tallies.items()))


def _length(text: str) -> str:
    words = max(1, len(text.split()))
    return str(words) if words < _MANY_WORDS else f"{_MANY_WORDS}+"


def _characters(text: str) -> Iterator[str]:
    decomposed = unicodedata.normalize("NFD", text)
    kinds = {
        "hyphen": any(unicodedata.category(c) == "Pd" or c == _MINUS for c in text),
        "digit": any(c.isdigit() for c in text),
        "accent": any(unicodedata.combining(c) for c in decomposed),
    }
    yield from (name for name, is_there in kinds.items() if is_there)
    if not any(kinds.values()):
        yield "none of these"


def _families(one: str, other: str) -> tuple[str, str]:
    families = _FAMILIES.get(one, one), _FAMILIES.get(other, other)
    return families if families[0] != families[1] else (one, other)
